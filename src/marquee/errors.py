"""Every error Marquee raises on purpose.

::

    MarqueeError                 one sentence for the reader: what was found, and the way out
    ├── ParameterError           an argument or option lies outside what is allowed
    │   └── HorizonError         a column that is not known yet at the horizon asked for
    ├── NotFittedError           a model was asked before fit()
    ├── UnknownIdError           ids that the catalog does not hold
    ├── AmbiguousTitleError      a name that fits several titles, or none (carries the candidates)
    ├── UnanswerableError        the data lack what a question needs
    ├── SchemaError              a table does not have the columns, types or values it promises
    ├── SourceError              a file cannot be read as what it should be
    │   ├── UnrecognizedFormatError   no reader knows the file
    │   └── TooManyRejectsError       more bad rows than allowed
    ├── DownloadError            a publisher's file could not be fetched whole
    │   └── GivenUpError         a server failed in every try; it may answer later
    ├── RemoteError              a copy elsewhere cannot be read or written whole
    ├── FeedbackError            the feedback database refuses a record, or does not answer
    ├── WorkspaceError           the workspace lacks something, or is held by another process
    ├── SparkError               Spark cannot be started, reached, or finish a job
    ├── SavedModelError          a saved model is damaged or written by something else
    └── LedgerError              the ledger of forecasts was changed after it was written
"""


class MarqueeError(Exception):
    """The root of the tree; its text is one sentence that a person can act on."""


class ParameterError(MarqueeError, ValueError):
    """An argument or option lies outside what is allowed."""


class HorizonError(ParameterError):
    """A column that is not known yet at the horizon asked for; ``columns`` names them."""

    def __init__(self, message: str, columns: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.columns = columns


class NotFittedError(MarqueeError):
    """A model was asked before ``fit()``."""


class UnknownIdError(MarqueeError, LookupError):
    """Ids that the catalog does not hold."""


class AmbiguousTitleError(MarqueeError, LookupError):
    """A name that fits several titles, or none; ``candidates`` holds titles to offer instead."""

    def __init__(self, message: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.candidates = candidates


class UnanswerableError(MarqueeError):
    """The data lack what a question needs; the text says what."""


class SchemaError(MarqueeError):
    """A table does not have the columns, types or values it promises."""


class SourceError(MarqueeError):
    """A file cannot be read as what it should be."""


class UnrecognizedFormatError(SourceError):
    """No reader knows the file."""


class TooManyRejectsError(SourceError):
    """More bad rows than allowed."""


class DownloadError(MarqueeError):
    """A publisher's file could not be fetched whole."""


class GivenUpError(DownloadError):
    """A server failed in as many tries as are allowed; it may answer later."""


class RemoteError(MarqueeError):
    """A copy elsewhere cannot be read or written whole."""


class FeedbackError(MarqueeError):
    """The feedback database refuses a record, or does not answer.

    ``problems`` maps the place of each refused record of a batch to what is wrong with it.
    """

    def __init__(self, message: str, problems: dict[int, str] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or {}


class WorkspaceError(MarqueeError):
    """The workspace lacks something, or is held by another process."""


class SparkError(MarqueeError):
    """Spark cannot be started, reached, or finish a job."""


class SavedModelError(MarqueeError):
    """A saved model is damaged or written by something else."""


class LedgerError(MarqueeError):
    """The ledger of forecasts was changed after it was written."""
