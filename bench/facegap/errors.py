"""The errors a user can meet. Each carries one line: where, what was expected, what was found, what to do.

FacegapError
├── InputError            exit code 2: a card, a config, a table or an argument is wrong
│   ├── CardError         a TOML card or study breaks a rule of its schema
│   └── DatasetError      a data set's folder contradicts its card
├── MissingError          exit code 3: something that the run needs is not on this machine
│   ├── BackendMissing    the execution provider that was asked for does not run here
│   ├── ModelMissing      a model's file is not in the cache and not where the card says
│   └── DatasetMissing    a data set's folder is not there
├── ModelRefused          exit code 2: the sanity gate found the model or its card not fit to be measured
└── StoreError            exit code 2: a run folder or the cache cannot be read or written
    └── DiskFull          exit code 3: there is no room for what is written

A failure of one sample (unreadable image, no face) is not an error: it is an `Acquisition` with its outcome and
reason, and stays in the denominators.
"""


class FacegapError(Exception):
    """Base of every error that ends a command with one clear line instead of a traceback."""

    exit_code = 2


class InputError(FacegapError):
    """A card, a config, a table or an argument is wrong."""


class CardError(InputError):
    """A TOML card or study breaks a rule of its schema."""


class DatasetError(InputError):
    """A data set's folder contradicts its card."""


class MissingError(FacegapError):
    """Something that the run needs is not on this machine."""

    exit_code = 3


class BackendMissing(MissingError):
    """The execution provider that was asked for does not run here."""


class ModelMissing(MissingError):
    """A model's file is not in the cache and not where the card says."""


class DatasetMissing(MissingError):
    """A data set's folder is not there."""


class ModelRefused(FacegapError):
    """The sanity gate found the model or its card not fit to be measured."""


class StoreError(FacegapError):
    """A run folder or the cache cannot be read or written."""


class DiskFull(StoreError):
    """There is no room left for what is written."""

    exit_code = 3
