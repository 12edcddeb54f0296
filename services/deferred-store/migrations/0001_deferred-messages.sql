-- What waits for whom. One row an owner: its usage, which is its quota's truth, and the lease of the worker that pushes.
CREATE TABLE owners (
  owner text PRIMARY KEY,
  messages integer NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  -- Who pushes now; the lease ends at due_at.
  leased_by text,
  -- When somebody should look again (ms since 1970): end of the lease, or of the back-off; null: when the user registers.
  due_at bigint,
  -- Pushes in a row that found no device: grows the back-off.
  failures smallint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
CREATE INDEX owners_due ON owners (due_at) WHERE due_at IS NOT NULL;

-- One row a message; once it is over, the row stays for a day without its content, so that a repeat is recognised.
CREATE TABLE messages (
  owner text NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  id text NOT NULL,
  -- waiting, notify-only, dropped (over, its notification not yet made), pushed, refused, expired, discarded.
  state text NOT NULL DEFAULT 'waiting',
  cause text NOT NULL,
  -- Digests of owner, Call-ID, CSeq and From tag; of owner, sender and Message-ID.
  call_key uuid NOT NULL UNIQUE,
  message_key uuid UNIQUE,
  key_id text NOT NULL,
  -- The whole message, encrypted: null once it is over.
  sealed bytea,
  bytes integer NOT NULL,
  received_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  attempts smallint NOT NULL DEFAULT 0,
  attempted_at bigint,
  last_error text,
  finished_at bigint,
  PRIMARY KEY (owner, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);
ALTER TABLE messages ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX messages_expiring ON messages (expires_at) WHERE state IN ('waiting', 'notify-only');
CREATE INDEX messages_finished ON messages (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX messages_dropped ON messages (seq) WHERE state = 'dropped';

-- IMDNs that are owed to senders, written with the fact that they tell.
CREATE TABLE notices (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- The message that it is about.
  id text NOT NULL,
  key_id text NOT NULL,
  sealed bytea NOT NULL,
  due_at bigint NOT NULL,
  attempts smallint NOT NULL DEFAULT 0,
  created_at bigint NOT NULL
);
CREATE INDEX notices_due ON notices (due_at);

-- Charging facts, written with what they tell and relayed by whoever bills.
CREATE TABLE charging (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at bigint NOT NULL,
  event text NOT NULL,
  owner text NOT NULL,
  id text NOT NULL,
  bytes integer NOT NULL,
  stored_ms bigint NOT NULL
);

-- Stores a batch and returns the rows that were not stored, with the reason. Usage is counted first, an owner at a
-- time and always in the same order, so that the quota is exact while many workers write. The contents come as one
-- blob, because a blob crosses the wire as it is and an array of them as hexadecimal text.
CREATE FUNCTION store_messages(
  p_owner text[], p_id text[], p_cause text[], p_call_key uuid[], p_message_key uuid[], p_key_id text,
  p_blob bytea, p_start integer[], p_length integer[], p_received_at bigint[], p_expires_at bigint[],
  p_notice_place integer[], p_notice bytea[],
  p_max_messages integer, p_max_bytes bigint, p_is_dropping boolean, p_now bigint
) RETURNS TABLE (place integer, outcome text) LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  full_owners text[];
  expected integer;
  inserted integer;
  one record;
BEGIN
  WITH reserved AS (
    INSERT INTO owners AS o (owner, messages, bytes)
    SELECT i.owner, count(*), sum(i.length) FROM unnest(p_owner, p_length) AS i (owner, length)
     GROUP BY i.owner ORDER BY i.owner
    ON CONFLICT (owner) DO UPDATE SET messages = o.messages + excluded.messages, bytes = o.bytes + excluded.bytes
    RETURNING o.owner, o.messages, o.bytes
  )
  SELECT array_agg(r.owner) INTO full_owners FROM reserved r
   WHERE r.messages > p_max_messages OR r.bytes > p_max_bytes;

  IF full_owners IS NULL THEN
    expected := cardinality(p_owner);
  ELSE
    UPDATE owners o SET messages = o.messages - r.messages, bytes = o.bytes - r.bytes
      FROM (SELECT i.owner, count(*) AS messages, sum(i.length) AS bytes
              FROM unnest(p_owner, p_length) AS i (owner, length)
             WHERE i.owner = ANY (full_owners) GROUP BY i.owner) r
     WHERE o.owner = r.owner;
    SELECT count(*) INTO expected FROM unnest(p_owner) AS i (owner) WHERE i.owner <> ALL (full_owners);
  END IF;

  WITH added AS (
    INSERT INTO messages (owner, id, cause, call_key, message_key, key_id, sealed, bytes, received_at, expires_at)
    SELECT i.owner, i.id, i.cause, i.call_key, i.message_key, p_key_id,
           substring(p_blob FROM i.start FOR i.length), i.length, i.received_at, i.expires_at
      FROM unnest(p_owner, p_id, p_cause, p_call_key, p_message_key, p_start, p_length, p_received_at, p_expires_at)
           WITH ORDINALITY AS i (owner, id, cause, call_key, message_key, start, length, received_at, expires_at, place)
     WHERE full_owners IS NULL OR i.owner <> ALL (full_owners)
     ORDER BY i.place
    ON CONFLICT DO NOTHING
    RETURNING messages.owner, messages.id, messages.bytes
  )
  INSERT INTO charging (at, event, owner, id, bytes, stored_ms)
  SELECT p_now, 'stored', a.owner, a.id, a.bytes, 0 FROM added a;
  GET DIAGNOSTICS inserted = ROW_COUNT;

  IF inserted < expected THEN
    FOR one IN
      SELECT i.place::integer AS place, i.owner, i.length
        FROM unnest(p_owner, p_id, p_call_key, p_length) WITH ORDINALITY AS i (owner, id, call_key, length, place)
       WHERE (full_owners IS NULL OR i.owner <> ALL (full_owners))
         AND NOT EXISTS (SELECT FROM messages m WHERE m.call_key = i.call_key AND m.id = i.id
                            AND m.xmin = pg_current_xact_id()::xid)
    LOOP
      UPDATE owners o SET messages = o.messages - 1, bytes = o.bytes - one.length WHERE o.owner = one.owner;
      place := one.place;
      outcome := 'repeat';
      RETURN NEXT;
    END LOOP;
  END IF;

  IF full_owners IS NOT NULL THEN
    FOR one IN
      SELECT i.place::integer AS place, i.owner, i.id, i.cause, i.call_key, i.message_key, i.length,
             substring(p_blob FROM i.start FOR i.length) AS sealed, i.received_at, i.expires_at
        FROM unnest(p_owner, p_id, p_cause, p_call_key, p_message_key, p_start, p_length, p_received_at, p_expires_at)
             WITH ORDINALITY AS i (owner, id, cause, call_key, message_key, start, length, received_at, expires_at, place)
       WHERE i.owner = ANY (full_owners) ORDER BY i.place
    LOOP
      IF EXISTS (SELECT FROM messages m WHERE m.call_key = one.call_key OR m.message_key = one.message_key) THEN
        outcome := 'repeat';
      ELSE
        IF p_is_dropping THEN
          PERFORM drop_oldest(one.owner, one.length, p_max_messages, p_max_bytes);
        END IF;
        UPDATE owners o SET messages = o.messages + 1, bytes = o.bytes + one.length
         WHERE o.owner = one.owner AND o.messages < p_max_messages AND o.bytes + one.length <= p_max_bytes;
        IF FOUND THEN
          INSERT INTO messages (owner, id, cause, call_key, message_key, key_id, sealed, bytes, received_at, expires_at)
          VALUES (one.owner, one.id, one.cause, one.call_key, one.message_key, p_key_id, one.sealed, one.length,
                  one.received_at, one.expires_at);
          INSERT INTO charging (at, event, owner, id, bytes, stored_ms)
          VALUES (p_now, 'stored', one.owner, one.id, one.length, 0);
          CONTINUE;
        END IF;
        SELECT CASE WHEN o.messages < p_max_messages THEN 'quota-bytes' ELSE 'quota-messages' END INTO outcome
          FROM owners o WHERE o.owner = one.owner;
      END IF;
      place := one.place;
      RETURN NEXT;
    END LOOP;
  END IF;

  IF cardinality(p_notice_place) > 0 THEN
    INSERT INTO notices (id, key_id, sealed, due_at, created_at)
    SELECT p_id[n.place], p_key_id, n.sealed, p_now, p_now
      FROM unnest(p_notice_place, p_notice) AS n (place, sealed)
     WHERE EXISTS (SELECT FROM messages m WHERE m.call_key = p_call_key[n.place] AND m.id = p_id[n.place]
                      AND m.xmin = pg_current_xact_id()::xid);
  END IF;
END $$;

-- Makes room for a message of p_length octets by giving up the oldest that wait. The caller holds the owner's row.
CREATE FUNCTION drop_oldest(p_owner text, p_length integer, p_max_messages integer, p_max_bytes bigint)
RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  dropped integer;
BEGIN
  LOOP
    PERFORM FROM owners o WHERE o.owner = p_owner AND o.messages > 0
        AND (o.messages >= p_max_messages OR o.bytes + p_length > p_max_bytes) AND p_length <= p_max_bytes;
    EXIT WHEN NOT FOUND;
    UPDATE messages m SET state = 'dropped'
     WHERE m.owner = p_owner AND m.seq = (
       SELECT w.seq FROM messages w WHERE w.owner = p_owner AND w.state IN ('waiting', 'notify-only')
        ORDER BY w.seq LIMIT 1)
    RETURNING m.bytes INTO dropped;
    EXIT WHEN NOT FOUND;
    UPDATE owners o SET messages = o.messages - 1, bytes = o.bytes - dropped WHERE o.owner = p_owner;
  END LOOP;
END $$;

-- Ends messages: their content goes, their usage goes back, the fact is charged and what is owed to senders is noted.
-- Says nothing of a message that was over already: the first end counts.
CREATE FUNCTION finish_messages(
  p_owner text[], p_seq bigint[], p_state text[], p_error text[],
  p_notice_place integer[], p_notice bytea[], p_key_id text, p_now bigint
) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM FROM owners o WHERE o.owner = ANY (p_owner) ORDER BY o.owner FOR UPDATE;
  WITH before AS (
    SELECT m.owner, m.seq, m.id, m.bytes, m.received_at, m.state, i.state AS next, i.error, i.place
      FROM unnest(p_owner, p_seq, p_state, p_error) WITH ORDINALITY AS i (owner, seq, state, error, place)
      JOIN messages m ON m.owner = i.owner AND m.seq = i.seq AND m.finished_at IS NULL
       FOR UPDATE OF m
  ), ended AS (
    UPDATE messages m
       SET state = b.next, sealed = NULL, last_error = coalesce(b.error, m.last_error), finished_at = p_now, attempted_at = p_now
      FROM before b WHERE m.owner = b.owner AND m.seq = b.seq
  ), freed AS (
    UPDATE owners o SET messages = o.messages - f.messages, bytes = o.bytes - f.bytes
      FROM (SELECT b.owner, count(*) AS messages, sum(b.bytes) AS bytes FROM before b
             WHERE b.state <> 'dropped' GROUP BY b.owner) f
     WHERE o.owner = f.owner
  ), noted AS (
    INSERT INTO notices (id, key_id, sealed, due_at, created_at)
    SELECT b.id, p_key_id, n.sealed, p_now, p_now
      FROM unnest(p_notice_place, p_notice) AS n (place, sealed) JOIN before b ON b.place = n.place
  )
  INSERT INTO charging (at, event, owner, id, bytes, stored_ms)
  SELECT p_now, b.next, b.owner, b.id, b.bytes, p_now - b.received_at FROM before b;
END $$;
