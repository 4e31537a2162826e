-- One file for SQLite and PostgreSQL: TEXT, BIGINT, BOOLEAN, TIMESTAMP, JSON and BYTEA mean the same to both.

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    username TEXT,
    username_key TEXT UNIQUE,
    email TEXT,
    email_key TEXT UNIQUE,
    email_verified_at TIMESTAMP,
    name TEXT NOT NULL,
    language TEXT,
    admin BOOLEAN NOT NULL,
    attributes JSON NOT NULL,
    owner TEXT,
    security_epoch BIGINT NOT NULL,
    disabled_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE credentials (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    unique_key TEXT UNIQUE,
    data JSON NOT NULL,
    sealed BYTEA,
    confirmed_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP
);
CREATE INDEX credentials_by_user ON credentials (user_id, kind);

CREATE TABLE attempts (
    subject TEXT NOT NULL,
    factor TEXT NOT NULL,
    failures BIGINT NOT NULL,
    last_at TIMESTAMP NOT NULL,
    locked_until TIMESTAMP,
    PRIMARY KEY (subject, factor)
);

CREATE TABLE organisations (
    id TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    colour TEXT,
    logo TEXT,
    domains JSON NOT NULL,
    join_by_domain BOOLEAN NOT NULL,
    policy JSON NOT NULL,
    policy_since TIMESTAMP NOT NULL,
    owner TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE memberships (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organisation_id TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    joined_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, organisation_id)
);
CREATE INDEX memberships_by_organisation ON memberships (organisation_id);

CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    organisation_id TEXT REFERENCES organisations (id),
    secret_hash BYTEA,
    settings JSON NOT NULL,
    owner TEXT,
    security_epoch BIGINT NOT NULL,
    disabled_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE blueprint_versions (
    version BIGINT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    digest TEXT NOT NULL,
    actor TEXT NOT NULL,
    message TEXT,
    document JSON NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE executions (
    id TEXT NOT NULL PRIMARY KEY,
    flow TEXT NOT NULL,
    version BIGINT NOT NULL,
    browser_hash BYTEA NOT NULL,
    step BIGINT NOT NULL,
    state JSON NOT NULL,
    sealed BYTEA,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
);
CREATE INDEX executions_by_expiry ON executions (expires_at);

CREATE TABLE links (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    flow TEXT NOT NULL,
    version BIGINT NOT NULL,
    stage TEXT NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    security_epoch BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX links_by_address ON links (address, flow);
CREATE INDEX links_by_expiry ON links (expires_at);

CREATE TABLE mails (
    id TEXT NOT NULL PRIMARY KEY,
    recipient TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at TIMESTAMP,
    sent_at TIMESTAMP,
    last_error TEXT,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX mails_by_next_attempt ON mails (next_attempt_at);
CREATE INDEX mails_by_recipient ON mails (recipient, created_at);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    security_epoch BIGINT NOT NULL,
    evidence JSON NOT NULL,
    acr TEXT NOT NULL,
    amr JSON NOT NULL,
    auth_time TIMESTAMP NOT NULL,
    persistent BOOLEAN NOT NULL,
    ip TEXT,
    user_agent TEXT,
    created_at TIMESTAMP NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE interactions (
    id TEXT NOT NULL PRIMARY KEY,
    browser_hash BYTEA NOT NULL,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    request JSON NOT NULL,
    state JSON NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
);
CREATE INDEX interactions_by_expiry ON interactions (expires_at);

CREATE TABLE consents (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scopes JSON NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, client_id)
);

CREATE TABLE codes (
    code_hash BYTEA NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    user_epoch BIGINT NOT NULL,
    client_epoch BIGINT NOT NULL,
    request JSON NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX codes_by_session ON codes (session_id);
CREATE INDEX codes_by_expiry ON codes (expires_at);

CREATE TABLE tokens (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE,
    scopes JSON NOT NULL,
    user_epoch BIGINT,
    client_epoch BIGINT NOT NULL,
    data JSON NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP
);
CREATE INDEX tokens_by_grant ON tokens (grant_id);
CREATE INDEX tokens_by_session ON tokens (session_id);
CREATE INDEX tokens_by_user ON tokens (user_id, client_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    generation BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    public_jwk JSON NOT NULL,
    created_at TIMESTAMP NOT NULL,
    retired_at TIMESTAMP,
    UNIQUE (algorithm, generation)
);

CREATE TABLE events (
    id TEXT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    actor_id TEXT,
    user_id TEXT,
    client_id TEXT,
    ip TEXT,
    request_id TEXT,
    data JSON NOT NULL
);
CREATE INDEX events_by_time ON events (at);
CREATE INDEX events_by_user ON events (user_id, at);
