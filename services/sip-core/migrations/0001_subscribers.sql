-- Domains that are served. An alias leads to the name that stands in addresses of record and realms.
CREATE TABLE domains (
  name text PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE domain_names (
  host text PRIMARY KEY,
  domain text NOT NULL REFERENCES domains (name) ON DELETE CASCADE
);

CREATE TABLE subscribers (
  aor text COLLATE "C" PRIMARY KEY,
  domain text NOT NULL REFERENCES domains (name),
  display text,
  -- A line for each algorithm and form of the username: H(username:realm:password), never the password.
  credentials text NOT NULL,
  is_barred boolean NOT NULL DEFAULT false,
  services text[] NOT NULL DEFAULT '{pager,large-message,session,conference,file-transfer}',
  disabled text[] NOT NULL DEFAULT '{}',
  when_offline text NOT NULL DEFAULT 'defer' CHECK (when_offline IN ('defer', 'refuse')),
  when_online text NOT NULL DEFAULT 'deliver' CHECK (when_online IN ('deliver', 'store')),
  allows_anonymous boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX subscribers_by_domain ON subscribers (domain, aor);

-- Keys that every process of a deployment shares, made by the first that starts.
CREATE TABLE keys (
  name text PRIMARY KEY,
  key bytea NOT NULL
);
