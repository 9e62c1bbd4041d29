// Writes data/departement.csv, data/epci.csv and data/commune.csv from the
// npm package @etalab/decoupage-administratif (MIT), so that loading needs
// neither the package nor the network. A developer runs it by hand:
//
//     npm install --no-save @etalab/decoupage-administratif@6.0.0
//     node records/seed/make-territory.mjs
//
// An EPCI belongs to the region when one of its communes does; four of the 71
// reach beyond it, so both populations are kept: the whole EPCI, and its
// communes inside the region (the one to divide by when acts of the region
// are read per inhabitant).

import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const REGION = '52';

// Communes the demo names: where its structures stand and where its patients
// were born. All others stay out of the database.
const COMMUNES = {
  44: ['Clisson', 'Nozay', 'Guémené-Penfao', 'Machecoul-Saint-Même', 'Savenay', 'Ancenis-Saint-Géréon',
    'Pornic', 'Blain', 'Saint-Philbert-de-Grand-Lieu', 'Nantes', 'Saint-Nazaire', 'Châteaubriant', 'Vallet',
    'La Baule-Escoublac', 'Rezé'],
  49: ['Segré-en-Anjou Bleu', 'Baugé-en-Anjou', 'Doué-en-Anjou', 'Chemillé-en-Anjou', 'Beaupréau-en-Mauges',
    'Noyant-Villages', 'Brissac Loire Aubance', 'Longué-Jumelles', 'Angers', 'Cholet', 'Saumur', 'Trélazé'],
  53: ['Ernée', 'Évron', 'Craon', 'Villaines-la-Juhel', 'Lassay-les-Châteaux', 'Laval', 'Mayenne',
    'Château-Gontier-sur-Mayenne'],
  72: ['La Ferté-Bernard', 'Mamers', 'Sablé-sur-Sarthe', 'Montval-sur-Loir', 'Fresnay-sur-Sarthe', 'Le Mans',
    'La Flèche', 'Saint-Calais'],
  85: ['Fontenay-le-Comte', 'Luçon', 'Les Herbiers', 'Pouzauges', "Noirmoutier-en-l'Île",
    'Saint-Gilles-Croix-de-Vie', 'La Châtaigneraie', 'La Roche-sur-Yon', "Les Sables-d'Olonne", 'Challans',
    'Montaigu-Vendée'],
};

const require = createRequire(join(process.cwd(), 'x.cjs'));
const packageDir = dirname(require.resolve('@etalab/decoupage-administratif/package.json'));
const read = (name) => JSON.parse(readFileSync(join(packageDir, 'data', name), 'utf8'));

const communes = read('communes.json').filter((c) => c.region === REGION && c.type === 'commune-actuelle');
const byCode = new Map(communes.map((c) => [c.code, c]));
// Municipal population, as EPCI members carry it: communes.json counts another
// way and another year. Only L'Île-d'Yeu, in no EPCI, has none of it.
const municipal = new Map(read('epci.json').flatMap((e) => e.membres.map((m) => [m.code, m.populationMunicipale])));
const population = (c) => municipal.get(c.code) ?? c.population ?? 0;
const sum = (list) => list.reduce((total, c) => total + population(c), 0);
const cell = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
const csv = (name, rows) =>
  writeFileSync(new URL(`data/${name}`, import.meta.url), rows.map((row) => row.map(cell).join(',') + '\n').join(''));

const epcis = read('epci.json')
  .map((e) => ({ ...e, inside: e.membres.map((m) => byCode.get(m.code)).filter(Boolean) }))
  .filter((e) => e.inside.length > 0)
  .map((e) => {
    // The département where most of the EPCI's people of the region live.
    const people = new Map();
    for (const c of e.inside) people.set(c.departement, (people.get(c.departement) ?? 0) + population(c));
    const departement = [...people].sort((a, b) => b[1] - a[1])[0][0];
    return { ...e, departement, insidePopulation: sum(e.inside) };
  })
  .sort((a, b) => a.code.localeCompare(b.code));
const epciOf = new Map(epcis.flatMap((e) => e.inside.map((c) => [c.code, e.code])));

csv('departement.csv', [
  ['code', 'name', 'population'],
  ...read('departements.json')
    .filter((d) => d.region === REGION)
    .map((d) => [d.code, d.nom, sum(communes.filter((c) => c.departement === d.code))]),
]);
csv('epci.csv', [
  ['code', 'name', 'kind', 'departement', 'population', 'population_in_region'],
  ...epcis.map((e) => [e.code, e.nom, e.type, e.departement, e.populationMunicipale, e.insidePopulation]),
]);
csv('commune.csv', [
  ['code', 'name', 'departement', 'epci', 'postal_code', 'population'],
  ...Object.entries(COMMUNES).flatMap(([departement, names]) =>
    names.map((name) => {
      const c = communes.find((x) => x.departement === departement && x.nom === name);
      if (!c) throw new Error(`no commune ${name} in ${departement}`);
      return [c.code, c.nom, departement, epciOf.get(c.code) ?? '', c.codesPostaux?.[0] ?? '', population(c)];
    }),
  ),
]);
