"""The embedding worker: `python -m causeway.engine.embedding_worker`. Makes vectors for one gateway.

It speaks its protocol over a socket that it inherits, and lives exactly as long as that connection.
It opens no network port, and knows nothing of requests, keys or the rest of the gateway.
"""

import argparse
import os
import socket
from pathlib import Path

import msgspec

from causeway.engine.embedding_protocol import EmbedderFailed, FromEmbedder, Question, to_line
from causeway.engine.parent_death import die_with_parent


def main() -> int:
    """Load the model, then answer until the gateway goes away; returns the exit status."""
    parser = argparse.ArgumentParser(prog="causeway.engine.embedding_worker")
    parser.add_argument("--model", type=Path, required=True, help="a folder")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument(
        "--connection", type=int, required=True, help="file descriptor of the gateway's socket"
    )
    arguments = parser.parse_args()
    # There is nothing to clean up, so it need not wait for the end of a long calculation.
    die_with_parent(True)
    # numpy's linear algebra reads it once, when it is imported.
    os.environ["OPENBLAS_NUM_THREADS"] = str(arguments.threads)
    with socket.socket(fileno=arguments.connection) as connection:
        try:
            return _serve(connection, arguments.model)
        except OSError:
            return 0  # a broken connection is a closed one


def _serve(connection: socket.socket, folder: Path) -> int:
    from causeway.engine.sentence_encoder import EncoderLoadError, SentenceEncoder

    def say(message: FromEmbedder) -> None:
        connection.sendall(to_line(message))

    try:
        encoder = SentenceEncoder(folder)
    except EncoderLoadError as error:
        say(EmbedderFailed(str(error)))
        return 1
    say(encoder.ready)
    decoder = msgspec.json.Decoder(Question)
    with connection.makefile("rb") as lines:
        for line in lines:
            say(encoder.answer(decoder.decode(line)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
