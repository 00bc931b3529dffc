/** ms between two tries, at least and at most. */
const shortest = 10;
const longest = 250;

/**
 * ms until the next try of something that becomes ready by itself, after `waited` ms and a try that took
 * `took` ms. That it is ready is seen within 10 ms at first, later within a hundredth of the time that has
 * gone by; where a try is work itself, half of the time is left in peace.
 */
export const pauseAfter = (waited: number, took: number): number =>
  Math.min(Math.max(shortest, waited / 100, took), longest);
