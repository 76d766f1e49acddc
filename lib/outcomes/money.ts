// Sums of money in whole hundredths of the major unit, so that a customer's sum does not depend on the order of addition and
// SQL comes to the same number bit for bit. Units: major units in and out; each amount is rounded to a hundredth (halves
// up). Limits: amounts below 9e13; of currencies with thousandths the third decimal is lost, half a hundredth an order.

export const hundredths = (amount: number): number => Math.floor(amount * 100 + 0.5);

export const sumMoney = (amounts: Iterable<number>): number => {
  let sum = 0;
  for (const amount of amounts) {
    sum += hundredths(amount);
  }
  return sum / 100;
};
