"""The register over HTTP: areas and units at the desk, and what phones ask of it."""
