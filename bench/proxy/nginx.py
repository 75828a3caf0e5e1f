"""nginx: the yardstick that every figure is held against, and the TLS before the mock."""

import shutil
import subprocess
from pathlib import Path

from bench.proxy.bodies import Question, encode_question
from bench.proxy.programs import BenchError, Program, free_port
from bench.proxy.targets import PROVIDER_KEY, Place, http_request

_COMMON_CONFIG = """
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid HOME/nginx.pid;
events { worker_connections 16384; }
"""
_KEPT_ALIVE = "keepalive 4096; keepalive_requests 100000000;"
_PASSING = 'proxy_http_version 1.1; proxy_set_header Connection "";'


class Nginx:
    """nginx with one worker: it passes the same bytes on, with a provider's key, and reads none of them."""

    name = "nginx"

    def __init__(self, place: Place) -> None:
        self.port = free_port()
        self.program = start_nginx(
            f"yardstick-{self.port}", _yardstick_config(place, self.port), place.directory, place.cores
        )

    def request(self, question: Question) -> bytes:
        """Return a request in OpenAI's dialect, to the path that is set up for this kind of answer."""
        path = "/secure" if question.is_secure else "/stream" if question.is_stream else "/whole"
        return http_request(path, encode_question(question, question.model))


def start_nginx(name: str, config: str, directory: Path, cores: frozenset[int]) -> Program:
    """Start an nginx in the foreground with its own configuration; raises BenchError where there is none."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise BenchError("the bench measures beside nginx; on Debian: apt-get install nginx-light")
    home = directory / f"nginx-{name}"
    home.mkdir(exist_ok=True)
    file = home / "nginx.conf"
    file.write_text(_COMMON_CONFIG.replace("HOME", str(home)) + "http {\n" + _paths(home) + config + "}\n")
    log = home / "error.log"
    return Program(
        [program, "-e", str(log), "-p", str(home), "-c", str(file)], cores=cores, log=home / "out.log"
    )


def secure_front(port: int, mock_port: int, certificate: Path) -> str:
    """Return the configuration of an nginx that puts TLS before the mock."""
    return f"""
    upstream mock {{ server 127.0.0.1:{mock_port}; {_KEPT_ALIVE} }}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        location / {{ {_PASSING} proxy_pass http://mock; }}
    }}
"""


def make_certificate(file: Path) -> bool:
    """Write a self-signed certificate for 127.0.0.1, with its key; returns false without an openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return False
    key = file.with_suffix(".key")
    options = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 30 -subj /CN=127.0.0.1"
    command = [openssl, *options.split(), "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(file)], check=True, capture_output=True)
    file.write_text(file.read_text() + key.read_text())
    return True


def _paths(home: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"    {kind}_temp_path {home / kind};\n" for kind in kinds)
    return f"""{paths}
    access_log off;
    tcp_nodelay on;
    keepalive_requests 100000000;
    client_max_body_size 32m;
    client_body_buffer_size 2m;
    proxy_max_temp_file_size 0;
    proxy_buffers 8 64k;
    proxy_read_timeout 300s;
"""


def _yardstick_config(place: Place, port: int) -> str:
    # A location that sets a header inherits none of those set outside of it.
    pass_on = f'{_PASSING} proxy_set_header Authorization "Bearer {PROVIDER_KEY}";'
    secure = ""
    if place.secure_port is not None:
        secure = f"""
        location = /secure {{
            {pass_on} proxy_pass https://secure/v1/chat/completions;
            proxy_ssl_name 127.0.0.1;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate {place.certificate};
        }}"""
    return f"""
    upstream mock {{ server 127.0.0.1:{place.mock_port}; {_KEPT_ALIVE} }}
    upstream secure {{ server 127.0.0.1:{place.secure_port or 1}; {_KEPT_ALIVE} }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /whole {{ {pass_on} proxy_pass http://mock/v1/chat/completions; }}
        location = /stream {{ {pass_on} proxy_buffering off; proxy_pass http://mock/v1/chat/completions; }}
        {secure}
    }}
"""
