"""Draft, version, publication, edition: how a text an editor typed becomes what the public reads."""
