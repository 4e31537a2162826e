-- What only ever grows: the last accepted step of an authenticator app, the counter of a security key.
ALTER TABLE credentials ADD COLUMN counter BIGINT NOT NULL DEFAULT -1;

CREATE TABLE static_codes (
    id TEXT NOT NULL PRIMARY KEY,
    credential_id TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    code_hash BYTEA NOT NULL,
    used_at TIMESTAMP,
    UNIQUE (credential_id, code_hash)
);

CREATE TABLE devices (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BYTEA NOT NULL,
    security_epoch BIGINT NOT NULL,
    factor TEXT NOT NULL,
    proven_at TIMESTAMP NOT NULL,
    ip TEXT,
    user_agent TEXT,
    created_at TIMESTAMP NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    UNIQUE (user_id, token_hash)
);
CREATE INDEX devices_by_expiry ON devices (expires_at);

CREATE TABLE device_grants (
    device_code_hash BYTEA NOT NULL PRIMARY KEY,
    user_code_hash BYTEA NOT NULL UNIQUE,
    grant_id TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    client_epoch BIGINT NOT NULL,
    scopes JSON NOT NULL,
    data JSON NOT NULL,
    poll_seconds BIGINT NOT NULL,
    last_polled_at TIMESTAMP,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    user_epoch BIGINT,
    session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE,
    -- Approved with a session, denied without.
    answered_at TIMESTAMP,
    used_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX device_grants_by_expiry ON device_grants (expires_at);
CREATE INDEX device_grants_by_session ON device_grants (session_id);
