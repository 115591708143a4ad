"""From the real sources to dated snapshots: what `sources.yml` names is read and kept under `data/snapshots/`.

Each kind of source is one module, imported when it is used, that holds:

- `Config`, a `config.Source` with its own keys;
- `actions(config)`, the least IAM actions that it needs, and `resources(config)`, the ARNs that it needs them on (none:
  no AWS);
- `tables(config)`, the names of the tables that it gives;
- `rows(config, clients, root, day)`, pairs of a table's name and a row, one after the other. All rows of a table have
  the same keys, in one order. `clients(service, region="")` gives boto3 clients, `root` is the project's folder, `day`
  that of the snapshot. Raises QuarterdeckError for what fails.
"""
