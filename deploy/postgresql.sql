-- Run once as a superuser: psql --set=owner_password=… --set=web_password=… --file=deploy/postgresql.sql
-- The owner makes and changes tables (manage.py prepare; backup and restore by BACKUP_DATABASE_URL). The web role reads and writes rows, and no more.
CREATE ROLE innovaatiojulistus_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE innovaatiojulistus_web LOGIN PASSWORD :'web_password' CONNECTION LIMIT 60;
-- For whoever waits in front of a form. Settings of the role, so that they hold behind a pooler as well. A host that was
-- frozen in the middle of a transaction loses it, and with it the rows that others wait for.
ALTER ROLE innovaatiojulistus_web SET statement_timeout = '5s';
ALTER ROLE innovaatiojulistus_web SET lock_timeout = '4s';
ALTER ROLE innovaatiojulistus_web SET idle_in_transaction_session_timeout = '10s';
-- A migration that waits for a table would hold up all who come after it: it fails, and is tried again.
ALTER ROLE innovaatiojulistus_owner SET lock_timeout = '4s';
CREATE DATABASE innovaatiojulistus OWNER innovaatiojulistus_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE innovaatiojulistus FROM PUBLIC;
GRANT CONNECT ON DATABASE innovaatiojulistus TO innovaatiojulistus_web;
\connect innovaatiojulistus
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO innovaatiojulistus_owner;
GRANT USAGE ON SCHEMA public TO innovaatiojulistus_web;
ALTER DEFAULT PRIVILEGES FOR ROLE innovaatiojulistus_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO innovaatiojulistus_web;
ALTER DEFAULT PRIVILEGES FOR ROLE innovaatiojulistus_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO innovaatiojulistus_web;
