/** How a server's description of itself (`/openapi.json`) begins. */
export const serverTitle = 'shakedown job server';

/**
 * How a server begins what it says of an address that it does not know; clients of any version look for it.
 */
export const unknownAddress = 'there is nothing at this address';
