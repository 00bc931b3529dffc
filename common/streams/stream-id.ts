/** The id of a stream that the main host has begun, for this request. */
export type StreamId = number;
