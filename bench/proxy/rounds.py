"""The order of a run: everything is started, and all targets take turns at each work, round after round."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench.proxy import works
from bench.proxy.goals import GATEWAY
from bench.proxy.measure import Measuring, running
from bench.proxy.native import start_mock
from bench.proxy.nginx import Nginx, make_certificate, secure_front, start_nginx
from bench.proxy.programs import Cores, free_port
from bench.proxy.samples import YARDSTICK
from bench.proxy.targets import Causeway, Direct, Place, Target, gateway_has
from bench.proxy.works import Work
from msgspec import Struct
from msgspec.structs import replace

Make = Callable[[], Target]


class Plan(Struct, frozen=True, kw_only=True):
    """How much is measured. `works` are those that all targets do."""

    rounds: int
    works: Sequence[Work]
    has_starts: bool = True
    has_workers: bool = True
    shortened: float = 1.0

    def load(self, work: Work) -> Work:
        """Return a work with the time that this plan gives it."""
        load = replace(work.load, seconds=work.load.seconds * self.shortened)
        return replace(work, load=load)


_STREAMS_AND_WHOLE = (works.TRANSLATED, works.SAME_DIALECT, works.BURST, works.PACED)
FULL = Plan(rounds=5, works=(*_STREAMS_AND_WHOLE, *works.SLOW, works.SECURE, *works.LARGE))
QUICK = Plan(
    rounds=3,
    works=(*_STREAMS_AND_WHOLE, works.LARGE_REQUEST, works.LARGE_RESPONSE),
    has_starts=False,
    has_workers=False,
    shortened=0.35,
)
PEERS = Plan(rounds=3, works=_STREAMS_AND_WHOLE, has_workers=False)

_PASSES = (
    (works.LARGE_REQUEST, works.LARGE_REQUEST_QUARTER),
    (works.LARGE_RESPONSE, works.LARGE_RESPONSE_QUARTER),
)


def run(
    plan: Plan,
    directory: Path,
    cores: Cores,
    peers: Sequence[Callable[[Place], Target]],
    say: Callable[[str], None],
) -> Measuring:
    """Measure; the caller is bound to the cores of the load. `say` is told how it goes."""
    measuring = Measuring(directory, cores)
    with ExitStack() as exits:
        place, direct = _upstream(directory, cores, exits)
        if place.secure_port is None:
            measuring.notes[works.SECURE.name, GATEWAY] = "there is no openssl to make a certificate with"
            plan = replace(plan, works=[work for work in plan.works if work is not works.SECURE])
        makes: dict[str, Make] = {YARDSTICK: partial(Nginx, place), GATEWAY: partial(Causeway, place)}
        others: list[Make] = [partial(make, place) for make in peers]
        targets = [exits.enter_context(running(make)) for make in (*makes.values(), *others)]
        crew = _crew(plan, place, cores, exits, measuring)
        _mock_alone(plan, measuring, direct)
        for number in range(1, plan.rounds + 1):
            say(f"round {number} of {plan.rounds}")
            measuring.round_number = number
            _round(plan, measuring, targets, direct)
            if crew is not None:
                _workers(measuring, crew)
            if plan.has_starts:
                for make in (*makes.values(), *others):
                    measuring.start(make)
                for make in makes.values():
                    measuring.idle(make)
                measuring.large_peak(makes[GATEWAY])
    return measuring


def _upstream(directory: Path, cores: Cores, exits: ExitStack) -> tuple[Place, Direct]:
    mock, port = start_mock(directory, cores.load)
    exits.callback(mock.stop)
    certificate = directory / "certificate.pem"
    secure_port = None
    if make_certificate(certificate):
        secure_port = free_port()
        front = start_nginx("secure", secure_front(secure_port, port, certificate), directory, cores.load)
        exits.callback(front.stop)
        front.wait_for_port(secure_port)
    place = Place(directory, cores.target, port, secure_port, certificate)
    return place, Direct(mock, port)


def _round(plan: Plan, measuring: Measuring, targets: Sequence[Target], direct: Direct) -> None:
    for work in plan.works:
        for target in targets:
            measuring.work(plan.load(work), target)
    for large, quarter in _PASSES:
        if large in plan.works:
            measuring.msgspec_pass(large, quarter)
    measuring.latency(plan.load(works.LATENCY), [direct, *targets])


def _mock_alone(plan: Plan, measuring: Measuring, direct: Direct) -> None:
    """Measure what the mock and the load do by themselves: they must not be the bottleneck."""
    for work in (works.TRANSLATED, works.BURST, works.SLOW[-1]):
        if work in plan.works:
            measuring.work(plan.load(work), direct)


def _crew(plan: Plan, place: Place, cores: Cores, exits: ExitStack, measuring: Measuring) -> Target | None:
    """Start two workers where that can be measured, and otherwise note why not."""
    if not plan.has_workers:
        return None
    if not gateway_has("--workers"):
        measuring.notes[works.WORKERS.name, GATEWAY] = "`causeway serve` has no --workers yet"
        return None
    return exits.enter_context(running(lambda: Causeway(place, workers=2, cores=cores.pair)))


def _workers(measuring: Measuring, crew: Target) -> None:
    """Compare with one worker on one core, in the same round."""
    measuring.work(works.WORKERS, crew)
    number = measuring.round_number
    one = measuring.samples.values(works.TRANSLATED.name, GATEWAY, "answers/s").get(number)
    two = measuring.samples.values(works.WORKERS.name, GATEWAY, "answers/s").get(number)
    if one and two:
        measuring.add(works.WORKERS.name, GATEWAY, "answers/s / one worker's", two / one)
