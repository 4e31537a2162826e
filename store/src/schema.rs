//! The tables as Diesel sees them; one `table!` for each `CREATE TABLE` of `migrations/`.

diesel::table! {
    users (id) {
        id -> Text,
        username -> Nullable<Text>,
        username_key -> Nullable<Text>,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        email_verified_at -> Nullable<Timestamp>,
        name -> Text,
        language -> Nullable<Text>,
        admin -> Bool,
        attributes -> Json,
        owner -> Nullable<Text>,
        security_epoch -> BigInt,
        disabled_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    credentials (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        name -> Text,
        unique_key -> Nullable<Text>,
        data -> Json,
        sealed -> Nullable<Binary>,
        confirmed_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        last_used_at -> Nullable<Timestamp>,
        counter -> BigInt,
    }
}

diesel::table! {
    static_codes (id) {
        id -> Text,
        credential_id -> Text,
        code_hash -> Binary,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    devices (id) {
        id -> Text,
        user_id -> Text,
        token_hash -> Binary,
        security_epoch -> BigInt,
        factor -> Text,
        proven_at -> Timestamp,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        created_at -> Timestamp,
        last_seen_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    device_grants (device_code_hash) {
        device_code_hash -> Binary,
        user_code_hash -> Binary,
        grant_id -> Text,
        client_id -> Text,
        client_epoch -> BigInt,
        scopes -> Json,
        data -> Json,
        poll_seconds -> BigInt,
        last_polled_at -> Nullable<Timestamp>,
        user_id -> Nullable<Text>,
        user_epoch -> Nullable<BigInt>,
        session_id -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        used_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    attempts (subject, factor) {
        subject -> Text,
        factor -> Text,
        failures -> BigInt,
        last_at -> Timestamp,
        locked_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    organisations (id) {
        id -> Text,
        slug -> Text,
        name -> Text,
        colour -> Nullable<Text>,
        logo -> Nullable<Text>,
        domains -> Json,
        join_by_domain -> Bool,
        policy -> Json,
        policy_since -> Timestamp,
        owner -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    memberships (user_id, organisation_id) {
        user_id -> Text,
        organisation_id -> Text,
        role -> Text,
        joined_at -> Timestamp,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        name -> Text,
        organisation_id -> Nullable<Text>,
        secret_hash -> Nullable<Binary>,
        settings -> Json,
        owner -> Nullable<Text>,
        security_epoch -> BigInt,
        disabled_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    blueprint_versions (version) {
        version -> BigInt,
        owner -> Text,
        digest -> Text,
        actor -> Text,
        message -> Nullable<Text>,
        document -> Json,
        created_at -> Timestamp,
    }
}

diesel::table! {
    executions (id) {
        id -> Text,
        flow -> Text,
        version -> BigInt,
        browser_hash -> Binary,
        step -> BigInt,
        state -> Json,
        sealed -> Nullable<Binary>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    links (token_hash) {
        token_hash -> Binary,
        flow -> Text,
        version -> BigInt,
        stage -> Text,
        user_id -> Nullable<Text>,
        address -> Text,
        execution_id -> Text,
        security_epoch -> BigInt,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    mails (id) {
        id -> Text,
        recipient -> Text,
        sealed -> Binary,
        attempts -> BigInt,
        next_attempt_at -> Nullable<Timestamp>,
        sent_at -> Nullable<Timestamp>,
        last_error -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        token_hash -> Binary,
        user_id -> Text,
        security_epoch -> BigInt,
        evidence -> Json,
        acr -> Text,
        amr -> Json,
        auth_time -> Timestamp,
        persistent -> Bool,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        created_at -> Timestamp,
        last_seen_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    interactions (id) {
        id -> Text,
        browser_hash -> Binary,
        client_id -> Text,
        request -> Json,
        state -> Json,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    consents (user_id, client_id) {
        user_id -> Text,
        client_id -> Text,
        scopes -> Json,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    codes (code_hash) {
        code_hash -> Binary,
        grant_id -> Text,
        client_id -> Text,
        user_id -> Text,
        session_id -> Text,
        user_epoch -> BigInt,
        client_epoch -> BigInt,
        request -> Json,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    tokens (token_hash) {
        token_hash -> Binary,
        kind -> Text,
        grant_id -> Text,
        client_id -> Text,
        user_id -> Nullable<Text>,
        session_id -> Nullable<Text>,
        scopes -> Json,
        user_epoch -> Nullable<BigInt>,
        client_epoch -> BigInt,
        data -> Json,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    signing_keys (id) {
        id -> Text,
        algorithm -> Text,
        generation -> BigInt,
        sealed -> Binary,
        public_jwk -> Json,
        created_at -> Timestamp,
        retired_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    events (id) {
        id -> Text,
        at -> Timestamp,
        kind -> Text,
        outcome -> Text,
        actor_id -> Nullable<Text>,
        user_id -> Nullable<Text>,
        client_id -> Nullable<Text>,
        ip -> Nullable<Text>,
        request_id -> Nullable<Text>,
        data -> Json,
    }
}

diesel::joinable!(memberships -> users (user_id));
diesel::joinable!(memberships -> organisations (organisation_id));
diesel::joinable!(credentials -> users (user_id));
diesel::joinable!(static_codes -> credentials (credential_id));
diesel::joinable!(devices -> users (user_id));
diesel::joinable!(device_grants -> clients (client_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(codes -> users (user_id));
diesel::joinable!(codes -> clients (client_id));
diesel::joinable!(codes -> sessions (session_id));
diesel::joinable!(tokens -> users (user_id));
diesel::joinable!(tokens -> clients (client_id));
diesel::joinable!(tokens -> sessions (session_id));
diesel::joinable!(clients -> organisations (organisation_id));

diesel::allow_tables_to_appear_in_same_query!(
    users,
    credentials,
    static_codes,
    devices,
    device_grants,
    attempts,
    organisations,
    memberships,
    clients,
    blueprint_versions,
    executions,
    links,
    mails,
    sessions,
    interactions,
    consents,
    codes,
    tokens,
    signing_keys,
    events
);
