/** What a browser says of a navigation; '' where it says nothing. */
export interface Navigation {
  readonly origin: string;
  /** Sec-Fetch-Dest. */
  readonly destination: string;
}

/**
 * Whether a GET may be a person who goes to our page: not one that a frame, image or script made, nor one with an Origin,
 * which browsers leave out of a GET that navigates. From which site it comes is not asked: it may be the provider's.
 */
export function isTopLevel({ origin, destination }: Navigation): boolean {
  return origin === '' && (destination === '' || destination === 'document');
}
