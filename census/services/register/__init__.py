"""The register 名录: units, areas, assignments, leases, import and matching."""
