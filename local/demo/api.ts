// The demonstration's way into Reprise: its HTTP API with a key, as any user's program would call it.
// An answer that is no success is an Error with the API's own words; nothing is tried twice.

export interface Api {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: object, headers?: { readonly [name: string]: string }): Promise<T>;
}

export const createApi = (apiUrl: string, key: string): Api => {
  const call = async <T>(method: 'GET' | 'POST', path: string, init: RequestInit): Promise<T> => {
    const response = await fetch(`${apiUrl}${path}`, { ...init, method });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path}: status ${response.status}: ${text.slice(0, 2000)}`);
    }
    return JSON.parse(text) as T;
  };
  const authorization = `Bearer ${key}`;
  return {
    get: (path) => call('GET', path, { headers: { authorization } }),
    post: (path, body, headers) =>
      call('POST', path, {
        headers: { authorization, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body ?? {}),
      }),
  };
};

/** At most `limit` at once; in the order given. */
export const inParallel = async <T>(
  values: readonly T[],
  limit: number,
  act: (value: T) => Promise<void>,
): Promise<void> => {
  const queue = values.values();
  const work = async (): Promise<void> => {
    for (const value of queue) await act(value);
  };
  await Promise.all(Array.from({ length: limit }, work));
};
