// The structures and the people of the demo region. Hospitals exist; the rest
// is invented (see the README). A FINESS of null: none is claimed.

// key, kind, name, commune (INSEE code), address, FINESS ('demo': made by the generator)
export const structures = [
  ['clisson', 'msp', 'Maison de santé des Tisserands', '44043', '4 place du Marché couvert', 'demo'],
  ['nozay', 'msp', 'Maison de santé des Trois Chênes', '44113', '11 rue de la Pierre bleue', 'demo'],
  ['guemene', 'msp', 'Maison de santé du Héron cendré', '44067', '2 allée des Lavoirs', 'demo'],
  ['machecoul', 'msp', 'Maison de santé des Salicornes', '44087', '27 route du Marais', 'demo'],
  ['savenay', 'msp', 'Maison de santé du Belvédère', '44195', '8 rue du Lac', 'demo'],
  ['ancenis', 'msp', 'Maison de santé de la Gabare', '44003', '15 quai des Mariniers', 'demo'],
  ['pornic', 'msp', 'Maison de santé des Goélands', '44131', '3 chemin de la Ria', 'demo'],
  ['blain', 'msp', 'Maison de santé de l’Écluse', '44015', '19 rue du Port', 'demo'],
  ['segre', 'msp', 'Maison de santé de l’Ardoise', '49331', '6 place des Mines', 'demo'],
  ['bauge', 'msp', 'Maison de santé du Clocher tors', '49018', '1 rue de l’Apothicairerie', 'demo'],
  ['doue', 'msp', 'Maison de santé des Roses', '49125', '22 rue des Falunières', 'demo'],
  ['chemille', 'msp', 'Maison de santé de la Camomille', '49092', '5 avenue des Simples', 'demo'],
  ['beaupreau', 'msp', 'Maison de santé du Mail', '49023', '12 rue du Mail', 'demo'],
  ['noyant', 'msp', 'Maison de santé des Étangs', '49228', '9 grande rue', 'demo'],
  ['brissac', 'msp', 'Maison de santé des Vignes', '49050', '30 rue du Pressoir', 'demo'],
  ['ernee', 'msp', 'Maison de santé du Bocage', '53096', '7 place de la Halle', 'demo'],
  ['evron', 'msp', 'Maison de santé de l’Abbatiale', '53097', '14 rue des Potiers', 'demo'],
  ['craon', 'msp', 'Maison de santé du Mûrier', '53084', '2 rue de l’Hippodrome', 'demo'],
  ['villaines', 'msp', 'Maison de santé des Hauts', '53271', '18 rue du Calvaire', 'demo'],
  ['laferte', 'msp', 'Maison de santé des Mésanges', '72132', '10 rue de la Chapelle', 'demo'],
  ['mamers', 'msp', 'Maison de santé du Grand Tilleul', '72180', '3 place des Grouas', 'demo'],
  ['sable', 'msp', 'Maison de santé du Marbre noir', '72264', '21 quai de l’Île', 'demo'],
  ['montval', 'msp', 'Maison de santé des Tuffeaux', '72071', '16 rue de la Rivière', 'demo'],
  ['fresnay', 'msp', 'Maison de santé des Lavandières', '72138', '4 rue du Lavoir', 'demo'],
  ['fontenay', 'msp', 'Maison de santé des Fontaines', '85092', '25 rue du Pont neuf', 'demo'],
  ['lucon', 'msp', 'Maison de santé du Dôme', '85128', '6 allée de l’Aumônerie', 'demo'],
  ['herbiers', 'msp', 'Maison de santé des Alouettes', '85109', '13 rue du Moulin', 'demo'],
  ['pouzauges', 'msp', 'Maison de santé des Collines', '85182', '1 place du Donjon', 'demo'],
  ['noirmoutier', 'msp', 'Maison de santé des Mimosas', '85163', '8 rue du Sel', 'demo'],
  ['stgilles', 'msp', 'Maison de santé des Cormorans', '85222', '17 quai de la Vie', 'demo'],
  ['roseaux', 'ehpad', 'EHPAD Les Roseaux', '44188', '5 rue de la Boulogne', 'demo'],
  ['glycines', 'ehpad', 'EHPAD Les Glycines', '49180', '12 rue des Osiers', 'demo'],
  ['verger', 'ehpad', 'EHPAD Le Verger', '53127', '3 route de la Fontaine', 'demo'],
  ['bruyeres', 'ehpad', 'EHPAD Les Bruyères', '85059', '9 rue des Genêts', 'demo'],
  ['chu-nantes', 'hospital', 'CHU de Nantes', '44109', '', '440000289'],
  ['chu-angers', 'hospital', 'CHU d’Angers', '49007', '', '490000031'],
  ['ch-lemans', 'hospital', 'Centre hospitalier du Mans', '72181', '', '720000025'],
  ['ch-laval', 'hospital', 'Centre hospitalier de Laval', '53130', '', '530000371'],
  ['chd-vendee', 'hospital', 'CHD Vendée', '85191', '', '850000019'],
  ['ch-stnazaire', 'hospital', 'Centre hospitalier de Saint-Nazaire', '44184', '', '440000057'],
  ['ch-cholet', 'hospital', 'Centre hospitalier de Cholet', '49099', '', '490000676'],
  ['ch-saumur', 'hospital', 'Centre hospitalier de Saumur', '49328', '', null],
  ['ch-nordmayenne', 'hospital', 'Centre hospitalier du Nord-Mayenne', '53147', '', null],
  ['ch-lvo', 'hospital', 'Centre hospitalier Loire Vendée Océan', '85047', '', null],
  ['ars', 'ars', 'ARS Pays de la Loire', '44109', '', null],
];

// Second places of work: structure, name, commune, address
export const extraSites = [
  ['clisson', 'Antenne de Vallet', '44212', '2 rue des Muscadiers'],
  ['bauge', 'Cabinet de Noyant', '49228', '4 place de l’Église'],
  ['mamers', 'Antenne de Saint-Calais', '72269', '7 rue de l’Anille'],
  ['chd-vendee', 'Site de Montaigu', '85146', ''],
  ['chd-vendee', 'Site de Luçon', '85128', ''],
  ['ch-nordmayenne', 'Site d’Ernée', '53096', ''],
];

// given name, family name, sex, work, [structure, role]... ; work names the
// cases a person handles and the words on their door.
export const work = {
  gp: 'Médecin généraliste', nurse: 'Infirmi{er|ère}', ipa: 'Infirmi{er|ère} en pratique avancée', midwife: 'Sage-femme',
  secretary: 'Secrétaire médical{|e}', coordinator: 'Coordinat{eur|rice} de maison de santé', director: 'Direct{eur|rice} adjoint{|e}',
  dermatology: 'Dermatologue', cardiology: 'Cardiologue', geriatrics: 'Gériatre', psychiatry: 'Psychiatre',
  endocrinology: 'Endocrinologue', ophthalmology: 'Ophtalmologue', neurology: 'Neurologue', pulmonology: 'Pneumologue',
  paediatrics: 'Pédiatre', rheumatology: 'Rhumatologue', operator: 'Exploitant de la plateforme',
  ars: 'Charg{é|ée} de mission e-santé',
};
export const people = [
  ['Anne', 'Le Goff', 'F', 'gp', ['clisson', 'doctor']],
  ['Julien', 'Hervouet', 'M', 'gp', ['clisson', 'doctor']],
  ['Claire', 'Bretaudeau', 'F', 'gp', ['clisson', 'doctor']],
  ['Mathieu', 'Sauvaget', 'M', 'gp', ['clisson', 'doctor']],
  ['Céline', 'Bossard', 'F', 'nurse', ['clisson', 'nurse']],
  ['Romain', 'Cadiou', 'M', 'ipa', ['clisson', 'nurse']],
  ['Morgane', 'Tessier', 'F', 'midwife', ['clisson', 'midwife']],
  ['Valérie', 'Douillard', 'F', 'secretary', ['clisson', 'secretary']],
  ['Bruno', 'Orieux', 'M', 'coordinator', ['clisson', 'manager']],
  ['Philippe', 'Chauvigné', 'M', 'gp', ['bauge', 'doctor']],
  ['Laure', 'Ribot', 'F', 'gp', ['bauge', 'doctor']],
  ['Émilie', 'Pineau', 'F', 'nurse', ['bauge', 'nurse']],
  ['Julie', 'Chevallier', 'F', 'midwife', ['bauge', 'midwife']],
  ['Christelle', 'Jamin', 'F', 'secretary', ['bauge', 'secretary']],
  ['Sarah', 'Ménager', 'F', 'coordinator', ['bauge', 'manager']],
  ['Isabelle', 'Gasté', 'F', 'gp', ['ernee', 'doctor']],
  ['Loïc', 'Pottier', 'M', 'gp', ['ernee', 'doctor']],
  ['Fatou', 'Diarra', 'F', 'nurse', ['ernee', 'nurse']],
  ['Nadège', 'Foucault', 'F', 'secretary', ['ernee', 'secretary']],
  ['Marc', 'Lhommeau', 'M', 'gp', ['mamers', 'doctor']],
  ['Sandrine', 'Métais', 'F', 'nurse', ['mamers', 'nurse']],
  ['Patricia', 'Leroux', 'F', 'secretary', ['mamers', 'secretary']],
  ['Karima', 'Belkacem', 'F', 'gp', ['pouzauges', 'doctor']],
  ['Étienne', 'Rautureau', 'M', 'gp', ['pouzauges', 'doctor']],
  ['Lucie', 'Boisseau', 'F', 'nurse', ['pouzauges', 'nurse']],
  ['Alice', 'Renou', 'F', 'midwife', ['pouzauges', 'midwife']],
  ['Cécile', 'Rapin', 'F', 'secretary', ['pouzauges', 'secretary']],
  ['Yann', 'Guillossou', 'M', 'gp', ['nozay', 'doctor']],
  ['Sophie', 'Lelièvre', 'F', 'gp', ['guemene', 'doctor']],
  ['Benoît', 'Charrier', 'M', 'gp', ['machecoul', 'doctor']],
  ['Élodie', 'Moisan', 'F', 'gp', ['savenay', 'doctor']],
  ['Thomas', 'Rabjeau', 'M', 'gp', ['ancenis', 'doctor']],
  ['Nathalie', 'Padioleau', 'F', 'gp', ['pornic', 'doctor']],
  ['François', 'Ménoret', 'M', 'gp', ['blain', 'doctor']],
  ['Camille', 'Gohier', 'F', 'gp', ['segre', 'doctor']],
  ['Antoine', 'Bompas', 'M', 'gp', ['doue', 'doctor']],
  ['Marie', 'Grimault', 'F', 'gp', ['chemille', 'doctor']],
  ['Guillaume', 'Brossier', 'M', 'gp', ['beaupreau', 'doctor']],
  ['Hélène', 'Taveneau', 'F', 'gp', ['noyant', 'doctor']],
  ['Olivier', 'Cesbron', 'M', 'gp', ['brissac', 'doctor']],
  ['Damien', 'Lepage', 'M', 'gp', ['evron', 'doctor']],
  ['Stéphanie', 'Planchenault', 'F', 'gp', ['craon', 'doctor']],
  ['Pierre', 'Geslin', 'M', 'gp', ['villaines', 'doctor']],
  ['Aurélie', 'Cosnard', 'F', 'gp', ['laferte', 'doctor']],
  ['Delphine', 'Barbet', 'F', 'gp', ['sable', 'doctor']],
  ['Nicolas', 'Froger', 'M', 'gp', ['montval', 'doctor']],
  ['Catherine', 'Lochet', 'F', 'gp', ['fresnay', 'doctor']],
  ['Vincent', 'Guilbaud', 'M', 'gp', ['fontenay', 'doctor']],
  ['Florence', 'Arnaudeau', 'F', 'gp', ['lucon', 'doctor']],
  ['Sébastien', 'Gaborit', 'M', 'gp', ['herbiers', 'doctor']],
  ['Gwenaël', 'Burgaud', 'M', 'gp', ['noirmoutier', 'doctor']],
  ['Pauline', 'Raffin', 'F', 'gp', ['stgilles', 'doctor']],
  ['Sylvie', 'Rondeau', 'F', 'nurse', ['roseaux', 'nurse']],
  ['Kévin', 'Martineau', 'M', 'nurse', ['glycines', 'nurse']],
  ['Aïcha', 'Benali', 'F', 'nurse', ['verger', 'nurse']],
  ['Martine', 'Gautron', 'F', 'nurse', ['bruyeres', 'nurse']],
  ['Éric', 'Delaunay', 'M', 'dermatology', ['chu-nantes', 'doctor']],
  ['Paul-Henri', 'Joubert', 'M', 'cardiology', ['chu-nantes', 'doctor']],
  ['Nadia', 'Rahmani', 'F', 'endocrinology', ['chu-nantes', 'doctor']],
  ['Alexandre', 'Poirier', 'M', 'neurology', ['chu-nantes', 'doctor']],
  ['Dominique', 'Allaire', 'F', 'secretary', ['chu-nantes', 'secretary']],
  ['Hervé', 'Landais', 'M', 'director', ['chu-nantes', 'manager']],
  ['Marion', 'Vasseur', 'F', 'dermatology', ['chu-angers', 'doctor']],
  ['Brigitte', 'Halgand', 'F', 'geriatrics', ['chu-angers', 'doctor']],
  ['Inès', 'Haddad', 'F', 'cardiology', ['ch-lemans', 'doctor']],
  ['Léa', 'Kerbrat', 'F', 'psychiatry', ['ch-laval', 'doctor']],
  ['Simon', 'Airieau', 'M', 'geriatrics', ['chd-vendee', 'doctor']],
  ['Agnès', 'Piveteau', 'F', 'director', ['chd-vendee', 'manager']],
  ['Jérôme', 'Texier', 'M', 'ophthalmology', ['ch-stnazaire', 'doctor']],
  ['David', 'Mercier', 'M', 'psychiatry', ['ch-cholet', 'doctor']],
  ['Mathilde', 'Coutant', 'F', 'pulmonology', ['ch-saumur', 'doctor']],
  ['Xavier', 'Perdriau', 'M', 'rheumatology', ['ch-nordmayenne', 'doctor']],
  ['Olivia', 'Blanchet', 'F', 'paediatrics', ['ch-lvo', 'doctor']],
  ['Maxime', 'Gendron', 'M', 'operator', ['ars', 'operator']],
  ['Caroline', 'Aubineau', 'F', 'ars', ['ars', 'ars']],
  ['Laurent', 'Desnoës', 'M', 'ars', ['ars', 'ars']],
];

// The five doctors whose day a visitor opens first, one a département.
export const mainDoctors = ['anne.legoff', 'philippe.chauvigne', 'isabelle.gaste', 'marc.lhommeau', 'karima.belkacem'];

// Which doctor sees the residents of which EHPAD.
export const ehpadDoctors = {
  roseaux: 'anne.legoff', glycines: 'philippe.chauvigne', verger: 'isabelle.gaste', bruyeres: 'karima.belkacem',
};

export const familyNames = `Martin Bernard Robin Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Garnier
Rousseau Fournier Girard Bonnet Dupont Lambert Fontaine Chevalier Gauthier Perrin Morin Mathieu Guérin Boyer Lemoine
Renaud Picard Roussel Leclerc Gaillard Brun Blanchard Giraud Rivière Joly Lucas Brunet Guillet Guillou Papin Bouvet
Bodin Chauvin Rocher Menard Poupard Pasquier Gautier Jolivet Beaumont Ripoche Brochard Barreau Babin Cochard Denis
Drouet Fonteneau Gendreau Grelier Guibert Herbreteau Jaunet Launay Legeay Lorieux Maillard Marchand Mousset Neau
Ouvrard Pavageau Pelé Praud Raimbault Remaud Ricoux Rousselot Sorin Soulard Tessier Thomas Thibault Trichet Vinet
Voisin Besnard Bourdin Breton Cadeau Corbin Daniau Deniaud Epiard Favreau Foucher Gaudin Houdayer Jarry Lebreton
Leduc Letourneau Loiseau Manceau Naud Pichon Plessis Poisson Retailleau Rideau Sécher Tardif Vallée Viaud Yvon
Benamar Cissé Da Silva Traoré Nguyen Lopez Pereira Mansouri Kaya Popescu`.split(/\s+(?!Silva)/);

export const givenNames = {
  F: {
    old: 'Jeanne Marie Simone Denise Yvonne Odette Marguerite Madeleine Paulette Suzanne Germaine Renée Lucienne Ginette Colette Huguette'.split(' '),
    elder: 'Monique Jacqueline Nicole Françoise Michèle Annick Christiane Bernadette Danielle Marie-Thérèse Thérèse Josette Arlette Joëlle'.split(' '),
    adult: 'Isabelle Nathalie Sandrine Stéphanie Véronique Céline Virginie Karine Laëtitia Sylvie Corinne Fabienne Aurore Magali Samira'.split(' '),
    young: 'Laura Marine Manon Chloé Camille Mélanie Anaïs Justine Pauline Léa Sarah Clémence Inès Élise Amandine'.split(' '),
    child: 'Emma Louise Jade Alice Lina Rose Ambre Mia Romane Inaya Juliette Léonie'.split(' '),
  },
  M: {
    old: 'Marcel Roger René André Louis Raymond Maurice Henri Lucien Robert Joseph Eugène Auguste Fernand'.split(' '),
    elder: 'Michel Gérard Daniel Bernard Claude Jean-Claude Alain Jacques Guy Christian Serge Yves Joël Raymond'.split(' '),
    adult: 'Christophe Laurent Stéphane Frédéric David Olivier Éric Sébastien Thierry Franck Ludovic Mickaël Karim Pascal'.split(' '),
    young: 'Kévin Maxime Alexandre Thomas Quentin Clément Hugo Valentin Florian Corentin Théo Yanis Bastien'.split(' '),
    child: 'Gabriel Léo Raphaël Jules Louis Adam Maël Noah Arthur Sacha Malo Ethan'.split(' '),
  },
};

// Births outside the region: INSEE codes of communes, and of countries (99...).
export const birthPlacesElsewhere = ['35238', '29019', '86194', '75056', '33063', '59350', '2A004', '79191', '97411', '99352', '99350', '99139', '99243'];
