"""What the gateway tells the person who started it: progress, and how to talk to it."""

import sys
from collections.abc import Sequence

from causeway.cli.listing import summary_lines
from causeway.engine.supervisor import EngineState
from causeway.engine.weights import HOW_TO_ADD_WEIGHTS
from causeway.providers.provider import Provider

_READY = """
Causeway is ready: {url}   model: {model}

  curl {url}/v2/chat -H 'content-type: application/json'{curl_key} \\
    -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "What is the capital of France?"}}]}}'

  # pip install cohere
  import cohere
  client = cohere.ClientV2(base_url="{url}", api_key="{key}")
  reply = client.chat(model="{model}", messages=[{{"role": "user", "content": "Hello!"}}])
  print(reply.message.content[0].text)
"""


_READY_WITHOUT_MODEL = """
Causeway is ready: {url}   model: none (the embedded model is off)
"""


class Announcer:
    """Prints the engine's progress to standard error and, once, the way in to standard output.

    That is when requests are answered and the model is ready. `model_name` is to be set where there is one.
    """

    def __init__(self, *, host: str, port: int, needs_key: bool) -> None:
        shown = "127.0.0.1" if host in ("0.0.0.0", "") else "[::1]" if host == "::" else host  # noqa: S104
        if ":" in shown and not shown.startswith("["):
            shown = f"[{shown}]"
        self.url = f"http://{shown}:{port}"
        self.model_name: str | None = None
        self._needs_key = needs_key
        self._is_serving = False
        self._has_model = False
        self._has_providers = False

    def list_providers(self, providers: Sequence[Provider]) -> None:
        """Print which providers are on and where each came from; their keys are masked."""
        if providers:
            self._has_providers = True
            lines = "".join(f"  {line}\n" for line in summary_lines(providers))
            print(f"Providers that are on:\n{lines}", end="", file=sys.stderr, flush=True)

    def tell(self, state: EngineState, detail: str) -> None:
        """Take a change of the engine's state; to be given to the supervisor."""
        match state:
            case "ready" if not self._has_model:
                self._has_model = True
                self._announce()
            case "absent":
                chats = "only providers answer" if self._has_providers else "chats answer 503"
                print(f"Causeway listens on {self.url}, without a model: {chats}.", file=sys.stderr)
                print(HOW_TO_ADD_WEIGHTS, file=sys.stderr, flush=True)
            case "failed":
                print(f"Causeway listens on {self.url}, but its model failed: {detail}", file=sys.stderr)
                print("`causeway doctor` says more.", file=sys.stderr, flush=True)
            case "stopped":
                pass
            case _:
                print(f"{self.model_name}: {detail}", file=sys.stderr, flush=True)

    def serving(self) -> None:
        """Take that requests are answered from now on; to be called once."""
        self._is_serving = True
        self._announce()

    def _announce(self) -> None:
        if not self._is_serving or not (self._has_model or self.model_name is None):
            return
        if self.model_name is None and not self._has_providers:
            print("No provider is switched on either: chats answer 503.", file=sys.stderr, flush=True)
        text = (_READY if self._has_model else _READY_WITHOUT_MODEL).format(
            url=self.url,
            model=self.model_name,
            key="YOUR_KEY" if self._needs_key else "any",
            curl_key=" -H 'authorization: Bearer YOUR_KEY'" if self._needs_key else "",
        )
        print(text, flush=True)
