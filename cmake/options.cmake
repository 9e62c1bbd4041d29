# Warnings are errors; every binary is hardened. Applied to all targets of the tree.
add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
                    -Wvla -Wformat=2 -Werror -fno-common -fstack-protector-strong -fPIE
                    -D_GNU_SOURCE)
add_link_options(-pie -Wl,-z,relro,-z,now)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fcf-protection)
else()
  # clang only fuzzes: gcc, which builds what runs, is the judge of warnings.
  add_compile_options(-Wno-error -Wno-sign-conversion -Wno-missing-field-initializers)
endif()
if(TL_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  add_compile_definitions(TL_SANITIZED=1)
elseif(NOT TL_COVERAGE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(TL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(TL_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()
