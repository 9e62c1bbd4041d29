# tl_library(NAME [LINK ...] [PRIVATE_LINK ...]): the folder's sources (all *.c of the folder and
# one level below, except main_*.c) as one static library whose public headers are under include/.
function(tl_library name)
  cmake_parse_arguments(A "" "" "LINK;PRIVATE_LINK;EXCLUDE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.c */*.c)
  list(FILTER sources EXCLUDE REGEX "/main_[^/]*\\.c$")
  foreach(pattern ${A_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX "${pattern}")
  endforeach()
  if(NOT sources)
    return() # a folder not yet begun
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include
                             PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${A_LINK} PRIVATE ${A_PRIVATE_LINK})
endfunction()

# tl_executable(NAME main_x.c [LINK ...])
function(tl_executable name main)
  cmake_parse_arguments(A "" "" "LINK" ${ARGN})
  file(GLOB found CONFIGURE_DEPENDS ${main})
  if(NOT found)
    return() # not yet begun
  endif()
  add_executable(${name} ${main})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${A_LINK})
endfunction()
