// Keys of the API, and the port that keeps them. A key's secret is never stored, only its SHA-256 (hex).
// Instants are ISO 8601.

/** Scopes: write (public, in apps: send events), read (secret, servers: recommendations), admin (everything). */
export type KeyScope = 'write' | 'read' | 'admin';

export interface ApiKey {
  /** Public id, shown in lists and stored as an event's source. */
  readonly keyId: string;
  readonly scope: KeyScope;
  /** The app it was made for: "ios", "web". */
  readonly app: string;
  readonly createdAt: string;
  readonly revokedAt?: string;
}

export interface KeyStore {
  /** Finds a key by the SHA-256 (hex) of its secret; undefined when unknown. The secret itself is never stored. */
  findByHash(hash: string): Promise<ApiKey | undefined>;
  create(key: ApiKey, hash: string): Promise<void>;
  /** Throws not-found when there is no such key. */
  revoke(keyId: string, atIso: string): Promise<void>;
  list(): Promise<readonly ApiKey[]>;
}
