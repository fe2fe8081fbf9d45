-- +goose Up

-- What has a history: the fleet, providers, tools, groups.
CREATE TABLE history_series (
    id   INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, -- fleet, provider, tool, group
    name TEXT NOT NULL, -- the provider's or the group's id
    tool TEXT NOT NULL,
    UNIQUE (kind, name, tool)
) STRICT;

-- What happened in a slot of time. Slots of 10, 60 and 600 seconds stand side by side, each for as long as it is kept.
CREATE TABLE history (
    series         INTEGER NOT NULL REFERENCES history_series (id),
    width_s        INTEGER NOT NULL,
    at             INTEGER NOT NULL, -- its beginning
    calls          INTEGER NOT NULL,
    tool_errors    INTEGER NOT NULL,
    errors         INTEGER NOT NULL,
    duration_us    INTEGER NOT NULL,
    starts         INTEGER NOT NULL,
    start_failures INTEGER NOT NULL,
    stops          INTEGER NOT NULL,
    checks         INTEGER NOT NULL,
    check_failures INTEGER NOT NULL,
    -- Calls by how long they took; the edges are in package history and never change.
    h0 INTEGER NOT NULL, h1 INTEGER NOT NULL, h2 INTEGER NOT NULL, h3 INTEGER NOT NULL, h4 INTEGER NOT NULL, h5 INTEGER NOT NULL,
    h6 INTEGER NOT NULL, h7 INTEGER NOT NULL, h8 INTEGER NOT NULL, h9 INTEGER NOT NULL, h10 INTEGER NOT NULL, h11 INTEGER NOT NULL,
    h12 INTEGER NOT NULL, h13 INTEGER NOT NULL, h14 INTEGER NOT NULL, h15 INTEGER NOT NULL, h16 INTEGER NOT NULL, h17 INTEGER NOT NULL,
    PRIMARY KEY (series, width_s, at)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE history;
DROP TABLE history_series;
