// What was presented is kept in this tab, for when the payer comes back from the bank. Nothing depends on it.

/** What is kept of a session, after `token` is: empty, to keep nothing any more. */
export function kept(id: string, token?: string): string | null {
  const key = `paymentkit:${id}`;
  try {
    if (token !== undefined) sessionStorage.setItem(key, token);
    return sessionStorage.getItem(key);
  } catch {
    // The page may keep nothing.
    return null;
  }
}
