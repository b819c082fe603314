/** What the demo shop sells. Prices are in cents. */
export const firstProducts = [
  { name: 'Linen notebook', description: 'A5, 160 dotted pages, lies flat.', price: 1_450, stock: 400 },
  { name: 'Brass pen', description: 'Turned from one rod; takes a standard refill.', price: 3_900, stock: 150 },
  { name: 'Beeswax candle', description: 'Burns for thirty hours and smells of summer.', price: 1_800, stock: 220 },
  { name: 'Enamel mug', description: 'White with a blue rim, 350 ml.', price: 1_250, stock: 500 },
  { name: 'Wool blanket', description: 'Merino, woven in one piece, 140 × 200 cm.', price: 12_900, stock: 60 },
  { name: 'Oak chopping board', description: 'End grain, oiled, 40 × 30 cm.', price: 5_600, stock: 90 },
  { name: 'Cast iron pan', description: '26 cm, seasoned, for every kind of stove.', price: 4_900, stock: 120 },
  {
    name: 'Coffee from Huehuetenango',
    description: 'Washed, light roast, 250 g of whole beans.',
    price: 1_190,
    stock: 800,
  },
  { name: 'Hand grinder', description: 'Steel burrs, forty settings, fits a backpack.', price: 8_900, stock: 70 },
  { name: 'Tea towel', description: 'Half linen, dries glasses without lint.', price: 950, stock: 600 },
  { name: 'Desk lamp', description: 'Warm light, dimmable, folds flat.', price: 7_400, stock: 80 },
  { name: 'Canvas tote', description: 'Heavy cotton with an inside pocket.', price: 2_400, stock: 300 },
  { name: 'Signed print', description: 'A hundred copies and no more.', price: 15_000, stock: 12 },
  { name: 'Paper sample', description: 'One sheet of each of our papers, on us.', price: 0, stock: 1_000 },
] as const;
