DROP TABLE device_grants;
DROP TABLE devices;
DROP TABLE static_codes;
ALTER TABLE credentials DROP COLUMN counter;
