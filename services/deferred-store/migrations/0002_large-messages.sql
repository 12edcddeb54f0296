-- Large messages. Their content stands in sealed pieces, written as they arrive; the row of the message is made when
-- all of them are here. Usage counts what is still arriving from its first octet on.
ALTER TABLE owners
  -- Of messages and bytes, how much is still arriving and waits for nobody yet.
  ADD COLUMN receiving integer NOT NULL DEFAULT 0,
  ADD COLUMN receiving_bytes bigint NOT NULL DEFAULT 0;

-- The content that the message is the head of; null where the envelope has all of it. A message can also be retrieved.
ALTER TABLE messages ADD COLUMN content text;

-- One row a content, from its first octet until its last piece is deleted.
CREATE TABLE contents (
  id text PRIMARY KEY,
  owner text NOT NULL,
  -- receiving, kept (a message has it), gone (nobody has its key any more; its pieces are to be deleted).
  state text NOT NULL DEFAULT 'receiving',
  -- Octets that the owner's usage counts while it arrives.
  reserved bigint NOT NULL,
  -- When it counts as given up, unless its worker says otherwise (ms since 1970, by the clock of Postgres).
  due_at bigint
);
CREATE INDEX contents_receiving ON contents (due_at) WHERE state = 'receiving';
CREATE INDEX contents_gone ON contents (id) WHERE state = 'gone';

-- Each sealed with a key of its content, which stands in the envelope of the message: when that goes, these are noise.
CREATE TABLE pieces (
  content text NOT NULL REFERENCES contents (id),
  number integer NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (content, number)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);
ALTER TABLE pieces ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql AS
$$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

-- Reserves room for a content of so many octets: receiving, repeat, quota-messages or quota-bytes.
CREATE FUNCTION begin_content(
  p_id text, p_owner text, p_call_key uuid, p_bytes bigint, p_lease_ms bigint,
  p_max_messages integer, p_max_bytes bigint, p_is_dropping boolean
) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  reason text;
BEGIN
  IF EXISTS (SELECT FROM messages m WHERE m.call_key = p_call_key) THEN
    RETURN 'repeat';
  END IF;
  INSERT INTO owners AS o (owner) VALUES (p_owner) ON CONFLICT (owner) DO UPDATE SET messages = o.messages;
  IF p_is_dropping THEN
    PERFORM drop_oldest(p_owner, p_bytes::integer, p_max_messages, p_max_bytes) FROM owners o
     WHERE o.owner = p_owner AND o.receiving < p_max_messages AND o.receiving_bytes + p_bytes <= p_max_bytes;
  END IF;
  UPDATE owners o SET messages = o.messages + 1, bytes = o.bytes + p_bytes,
         receiving = o.receiving + 1, receiving_bytes = o.receiving_bytes + p_bytes
   WHERE o.owner = p_owner AND o.messages < p_max_messages AND o.bytes + p_bytes <= p_max_bytes;
  IF NOT FOUND THEN
    SELECT CASE WHEN o.messages < p_max_messages THEN 'quota-bytes' ELSE 'quota-messages' END INTO reason
      FROM owners o WHERE o.owner = p_owner;
    RETURN reason;
  END IF;
  INSERT INTO contents (id, owner, reserved, due_at) VALUES (p_id, p_owner, p_bytes, now_ms() + p_lease_ms);
  RETURN 'receiving';
END $$;

-- Keeps a piece, and reserves more where the content reaches further than was announced: kept, quota-bytes or gone.
-- The commit does not wait for the disk: that of the whole message does, and takes all earlier ones with it.
CREATE FUNCTION keep_piece(
  p_id text, p_owner text, p_number integer, p_sealed bytea, p_reach bigint,
  p_max_messages integer, p_max_bytes bigint, p_is_dropping boolean
) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  more bigint;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT p_reach - c.reserved INTO more FROM contents c WHERE c.id = p_id AND c.state = 'receiving';
  IF NOT FOUND THEN
    RETURN 'gone';
  END IF;
  IF more > 0 THEN
    PERFORM FROM owners o WHERE o.owner = p_owner FOR UPDATE;
    SELECT p_reach - c.reserved INTO more FROM contents c WHERE c.id = p_id AND c.state = 'receiving';
    IF NOT FOUND THEN
      RETURN 'gone';
    END IF;
  END IF;
  IF more > 0 THEN
    IF p_is_dropping THEN
      PERFORM drop_oldest(p_owner, more::integer, p_max_messages + 1, p_max_bytes) FROM owners o
       WHERE o.owner = p_owner AND o.receiving_bytes + more <= p_max_bytes;
    END IF;
    UPDATE owners o SET bytes = o.bytes + more, receiving_bytes = o.receiving_bytes + more
     WHERE o.owner = p_owner AND o.bytes + more <= p_max_bytes;
    IF NOT FOUND THEN
      RETURN 'quota-bytes';
    END IF;
    UPDATE contents c SET reserved = p_reach WHERE c.id = p_id;
  END IF;
  INSERT INTO pieces (content, number, sealed) VALUES (p_id, p_number, p_sealed)
  ON CONFLICT (content, number) DO UPDATE SET sealed = excluded.sealed;
  RETURN 'kept';
END $$;

-- Makes a message of a content that is all here, with the charging fact and the notice that is owed: stored, repeat
-- or gone. What was reserved becomes what it really has.
CREATE FUNCTION commit_content(
  p_content text, p_owner text, p_id text, p_cause text, p_call_key uuid, p_message_key uuid, p_key_id text,
  p_sealed bytea, p_bytes integer, p_received_at bigint, p_expires_at bigint, p_notice bytea, p_now bigint
) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  is_new boolean;
  freed bigint;
BEGIN
  PERFORM FROM owners o WHERE o.owner = p_owner FOR UPDATE;
  INSERT INTO messages
         (owner, id, cause, call_key, message_key, key_id, sealed, bytes, received_at, expires_at, content)
  VALUES (p_owner, p_id, p_cause, p_call_key, p_message_key, p_key_id, p_sealed, p_bytes, p_received_at,
          p_expires_at, p_content)
  ON CONFLICT DO NOTHING;
  is_new := FOUND;
  UPDATE contents c SET state = CASE WHEN is_new THEN 'kept' ELSE 'gone' END, due_at = NULL
   WHERE c.id = p_content AND c.state = 'receiving' RETURNING c.reserved INTO freed;
  IF NOT FOUND THEN
    DELETE FROM messages m WHERE is_new AND m.call_key = p_call_key;
    RETURN 'gone';
  END IF;
  UPDATE owners o SET receiving = o.receiving - 1, receiving_bytes = o.receiving_bytes - freed,
         messages = o.messages - CASE WHEN is_new THEN 0 ELSE 1 END,
         bytes = o.bytes - freed + CASE WHEN is_new THEN p_bytes ELSE 0 END
   WHERE o.owner = p_owner;
  IF NOT is_new THEN
    RETURN 'repeat';
  END IF;
  INSERT INTO charging (at, event, owner, id, bytes, stored_ms)
  VALUES (p_now, 'stored', p_owner, p_id, p_bytes, 0);
  IF p_notice IS NOT NULL THEN
    INSERT INTO notices (id, key_id, sealed, due_at, created_at) VALUES (p_id, p_key_id, p_notice, p_now, p_now);
  END IF;
  RETURN 'stored';
END $$;

-- Gives a content up that is not all here: nothing was stored. With p_is_overdue only if its worker has died.
CREATE FUNCTION abandon_content(p_id text, p_owner text, p_is_overdue boolean) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  freed bigint;
BEGIN
  PERFORM FROM owners o WHERE o.owner = p_owner FOR UPDATE;
  UPDATE contents c SET state = 'gone', due_at = NULL
   WHERE c.id = p_id AND c.state = 'receiving' AND (NOT p_is_overdue OR c.due_at <= now_ms())
  RETURNING c.reserved INTO freed;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE owners o SET messages = o.messages - 1, bytes = o.bytes - freed,
         receiving = o.receiving - 1, receiving_bytes = o.receiving_bytes - freed
   WHERE o.owner = p_owner;
  RETURN true;
END $$;

-- As before; the content of a large message is gone with it.
CREATE OR REPLACE FUNCTION finish_messages(
  p_owner text[], p_seq bigint[], p_state text[], p_error text[],
  p_notice_place integer[], p_notice bytea[], p_key_id text, p_now bigint
) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM FROM owners o WHERE o.owner = ANY (p_owner) ORDER BY o.owner FOR UPDATE;
  WITH before AS (
    SELECT m.owner, m.seq, m.id, m.bytes, m.received_at, m.state, m.content, i.state AS next, i.error, i.place
      FROM unnest(p_owner, p_seq, p_state, p_error) WITH ORDINALITY AS i (owner, seq, state, error, place)
      JOIN messages m ON m.owner = i.owner AND m.seq = i.seq AND m.finished_at IS NULL
       FOR UPDATE OF m
  ), ended AS (
    UPDATE messages m
       SET state = b.next, sealed = NULL, last_error = coalesce(b.error, m.last_error), finished_at = p_now, attempted_at = p_now
      FROM before b WHERE m.owner = b.owner AND m.seq = b.seq
  ), emptied AS (
    UPDATE contents c SET state = 'gone' FROM before b WHERE b.content IS NOT NULL AND c.id = b.content
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
