-- Whether sessions for the user are answered before a device answers.
ALTER TABLE subscribers ADD COLUMN auto_accepts_sessions boolean NOT NULL DEFAULT false;
