"""What the gateway tells the person who started it: progress, and how to talk to it."""

import sys

from causeway.engine.supervisor import EngineState
from causeway.engine.weights import HOW_TO_ADD_WEIGHTS

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


class Announcer:
    """Prints the engine's progress to standard error and, once, the way in to standard output."""

    def __init__(self, *, host: str, port: int, needs_key: bool) -> None:
        shown = "127.0.0.1" if host in ("0.0.0.0", "") else "[::1]" if host == "::" else host  # noqa: S104
        if ":" in shown and not shown.startswith("["):
            shown = f"[{shown}]"
        self.url = f"http://{shown}:{port}"
        self.model_name = ""
        self._needs_key = needs_key
        self._has_announced = False

    def tell(self, state: EngineState, detail: str) -> None:
        """Take a change of the engine's state; to be given to the supervisor."""
        match state:
            case "ready" if not self._has_announced:
                self._announce()
            case "absent":
                print(f"Causeway listens on {self.url}, without a model: chats answer 503.", file=sys.stderr)
                print(HOW_TO_ADD_WEIGHTS, file=sys.stderr, flush=True)
            case "failed":
                print(f"Causeway listens on {self.url}, but its model failed: {detail}", file=sys.stderr)
                print("`causeway doctor` says more.", file=sys.stderr, flush=True)
            case "stopped":
                pass
            case _:
                print(f"{self.model_name}: {detail}", file=sys.stderr, flush=True)

    def _announce(self) -> None:
        self._has_announced = True
        text = _READY.format(
            url=self.url,
            model=self.model_name,
            key="YOUR_KEY" if self._needs_key else "any",
            curl_key=" -H 'authorization: Bearer YOUR_KEY'" if self._needs_key else "",
        )
        print(text, flush=True)
