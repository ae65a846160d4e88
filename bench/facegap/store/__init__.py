"""Where things lie: digests, atomic writes, the cache of weights and templates, and write-once run folders."""

from facegap.store.cache import RowCache, purge
from facegap.store.files import (
    cache_dir,
    create_once,
    digest,
    sha256_bytes,
    sha256_file,
    weights_path,
    write_atomic,
)
from facegap.store.manifest import MANIFEST, read_manifest, write_manifest
from facegap.store.places import remember, remembered
from facegap.store.runs import (
    SUMS,
    copy_files,
    new_run,
    read_arrays,
    read_json,
    read_table,
    seal,
    sums_differences,
    write_arrays,
    write_json,
    write_table,
)
from facegap.store.secret import keyed, known_secret, local_secret, read_secret, secret_id
from facegap.store.tables import Tables, read_rows, read_tables, table_path, write_rows

__all__ = [
    "MANIFEST",
    "SUMS",
    "RowCache",
    "Tables",
    "cache_dir",
    "copy_files",
    "create_once",
    "digest",
    "keyed",
    "known_secret",
    "local_secret",
    "new_run",
    "purge",
    "read_arrays",
    "read_json",
    "read_manifest",
    "read_rows",
    "read_secret",
    "read_table",
    "read_tables",
    "remember",
    "remembered",
    "seal",
    "secret_id",
    "sha256_bytes",
    "sha256_file",
    "sums_differences",
    "table_path",
    "weights_path",
    "write_arrays",
    "write_atomic",
    "write_json",
    "write_manifest",
    "write_rows",
    "write_table",
]
