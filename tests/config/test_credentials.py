"""Keys of AWS and of Google Cloud: where their credentials, regions and projects come from, and mistakes."""

import json
from typing import Any

import pytest

from causeway.cli.listing import summary_lines
from causeway.config.providers import configured_providers, resolve_providers
from causeway.config.review import review
from causeway.model.secret import Secret
from causeway.providers.provider import Provider
from causeway.providers.urls import base_url, request_url
from causeway.rules.provider_keys import AwsCredentials, EntraCredentials, GoogleCredentials, ProviderKey
from support.configurations import config_of
from support.providers import CATALOG

AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE012345678",
    "AWS_SECRET_ACCESS_KEY": "secret-of-the-environment",
    "AWS_SESSION_TOKEN": "session-of-the-environment",
}
OF_ENVIRONMENT = AwsCredentials(
    access_key_id="AKIAEXAMPLE012345678",
    secret_access_key=Secret("secret-of-the-environment"),
    session_token=Secret("session-of-the-environment"),
)
SERVICE_ACCOUNT = {
    "type": "service_account",
    "project_id": "project-of-the-file",
    "client_email": "robot@project.iam.gserviceaccount.com",
    "private_key": "-----BEGIN PRIVATE KEY-----\nMIIE-the-private-key\n-----END PRIVATE KEY-----\n",
    "token_uri": "https://oauth2.googleapis.com/token",
}
KEY_FILE = json.dumps(SERVICE_ACCOUNT)


def providers_of(data: dict[str, Any], environment: dict[str, str] | None = None) -> dict[str, Provider]:
    return {one.name: one for one in configured_providers(config_of(data), environment or {}, CATALOG)}


def key_of(name: str, key: dict[str, Any], environment: dict[str, str] | None = None) -> ProviderKey:
    """Return the one key of a provider, as a file lists it."""
    data = {"discover_providers": False, "providers": {name: {"keys": [{"models": ["*"], **key}]}}}
    (read,) = providers_of(data, environment)[name].keys
    return read


def test_aws_credentials_of_the_environment_switch_both_ways_on() -> None:
    found = providers_of({}, {**AWS_ENVIRONMENT, "AWS_DEFAULT_REGION": "eu-central-1"})
    assert list(found) == ["bedrock", "bedrock_mantle"]
    for provider in found.values():
        (key,) = provider.keys
        assert (key.value, key.credentials, key.region) == (Secret(""), OF_ENVIRONMENT, "eu-central-1")
        assert provider.source == key.source == "AWS_ACCESS_KEY_ID"
    assert base_url(found["bedrock"], found["bedrock"].keys[0]) == (
        "https://bedrock-runtime.eu-central-1.amazonaws.com"
    )


def test_a_bedrock_api_key_goes_before_credentials() -> None:
    found = providers_of(
        {}, {**AWS_ENVIRONMENT, "AWS_BEARER_TOKEN_BEDROCK": "the-bearer", "AWS_REGION": "us-west-2"}
    )
    (key,) = found["bedrock"].keys
    assert (key.value, key.credentials, key.region) == (Secret("the-bearer"), None, "us-west-2")


def test_half_of_awss_credentials_are_none() -> None:
    assert providers_of({}, {"AWS_ACCESS_KEY_ID": "AKIA"}) == {}


def test_a_key_of_bedrocks_is_read_as_bifrost_writes_it() -> None:
    block = {
        "access_key": "env.MY_ID",
        "secret_key": "env.MY_SECRET",
        "session_token": {"value": "", "ref": "env.MY_SESSION", "type": "env"},
        "region": "eu-west-1",
        "arn": "arn:aws:bedrock:eu-west-1:1:inference-profile",
        "deployments": {"claude": "eu.anthropic.claude-sonnet-4-5"},
        "endpoints": {"runtime": "vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com", "s3": ""},
        "batch_s3_config": {"buckets": []},
    }
    environment = {"MY_ID": "AKIA", "MY_SECRET": "s", "MY_SESSION": "t", **AWS_ENVIRONMENT}
    key = key_of("bedrock", {"bedrock_key_config": block}, environment)
    assert key.credentials == AwsCredentials(
        access_key_id="AKIA", secret_access_key=Secret("s"), session_token=Secret("t")
    )
    assert (key.region, key.aliases) == ("eu-west-1", {"claude": "eu.anthropic.claude-sonnet-4-5"})
    data = {"providers": {"bedrock": {"keys": [{"models": ["*"], "bedrock_key_config": block}]}}}
    provider = providers_of(data, environment)["bedrock"]
    assert request_url(provider, provider.keys[0], "chat", "eu.x") == (
        "https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
        "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Feu.x/converse"
    )


def test_a_listed_key_without_credentials_has_those_of_the_environment() -> None:
    block = {"bedrock_key_config": {"region": "eu-west-1"}}
    assert key_of("bedrock", block, AWS_ENVIRONMENT).credentials == OF_ENVIRONMENT
    bearer = key_of("bedrock", block, {**AWS_ENVIRONMENT, "AWS_BEARER_TOKEN_BEDROCK": "b"})
    assert (bearer.value, bearer.credentials) == (Secret("b"), None)
    given = key_of("bedrock", {"value": "v", **block}, AWS_ENVIRONMENT)
    assert (given.value, given.credentials, given.region) == (Secret("v"), None, "eu-west-1")


def test_without_a_region_aws_is_asked_where_bifrost_does() -> None:
    assert key_of("bedrock_mantle", {"value": "v", "bedrock_mantle_key_config": {}}).region == "us-east-1"
    short = providers_of({"providers": {"bedrock": {"api_key": "v"}}})["bedrock"]
    assert short.keys[0].region == "us-east-1"


def test_googles_own_variables_switch_vertex_on() -> None:
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": "/kéys/key.json", "GOOGLE_CLOUD_PROJECT": "my-project"}
    vertex = providers_of({}, environment)["vertex"]
    (key,) = vertex.keys
    assert (key.value, key.credentials) == (Secret(""), GoogleCredentials())
    assert base_url(vertex, key) == "https://aiplatform.googleapis.com"
    placed = providers_of({}, {**environment, "GOOGLE_CLOUD_LOCATION": "europe-west4"})["vertex"]
    assert base_url(placed, placed.keys[0]) == "https://europe-west4-aiplatform.googleapis.com"


def test_googles_variable_alone_switches_nothing_on() -> None:
    resolution = resolve_providers(config_of({}), {"GOOGLE_APPLICATION_CREDENTIALS": "/key.json"}, CATALOG)
    assert (resolution.providers, resolution.problems) == ((), ())
    assert [str(remark) for remark in resolution.off] == [
        "providers.vertex: GOOGLE_APPLICATION_CREDENTIALS is set, but there is no project: "
        "set a key's `project_id` or the variable GOOGLE_CLOUD_PROJECT"
    ]


def test_a_key_of_vertexs_is_read_as_bifrost_writes_it() -> None:
    block = {
        "project_id": "env.MY_PROJECT",
        "project_number": "",
        "region": "us-central1",
        "auth_credentials": "env.MY_KEY_FILE",
        "deployments": {"flash": "gemini-2.5-flash"},
    }
    environment = {"MY_PROJECT": "example.com:my-project", "MY_KEY_FILE": KEY_FILE}
    key = key_of("vertex", {"vertex_key_config": block}, environment)
    assert key.credentials == GoogleCredentials(
        key_file=Secret(KEY_FILE), account="robot@project.iam.gserviceaccount.com"
    )
    assert (key.project, key.region) == ("example.com:my-project", "us-central1")
    assert key.aliases == {"flash": "gemini-2.5-flash"}


def test_a_project_comes_from_the_key_file_where_nothing_else_names_one() -> None:
    listed = {"vertex_key_config": {"auth_credentials": KEY_FILE}}
    assert key_of("vertex", listed).project == "project-of-the-file"
    own = {"vertex_key_config": {"auth_credentials": KEY_FILE, "project_id": "mine"}}
    assert key_of("vertex", own).project == "mine"


ENTRA = {"tenant_id": "t", "client_id": "c", "client_secret": "env.MY_SECRET"}


def test_an_application_in_entra_id_is_azures_key_where_there_is_no_value() -> None:
    block = {"endpoint": "https://r.openai.azure.com", **ENTRA}
    environment = {"MY_SECRET": "the-client-secret"}
    key = key_of("azure", {"azure_key_config": block}, environment)
    assert key.value == Secret("")
    assert key.credentials == EntraCredentials(
        tenant_id="t",
        client_id="c",
        client_secret=Secret("the-client-secret"),
        scopes=("https://cognitiveservices.azure.com/.default",),
    )
    assert "the-client-secret" not in repr(key)
    keyed = key_of("azure", {"value": "v", "azure_key_config": {**block, "scopes": ["s"]}}, environment)
    assert (keyed.value, keyed.credentials) == (Secret("v"), None)


def test_the_machines_own_credentials_and_an_api_key() -> None:
    block = {"vertex_key_config": {"project_id": "p", "region": "global"}}
    assert key_of("vertex", block).credentials == GoogleCredentials()
    keyed = key_of("vertex", {"value": "AIza", **block})
    assert (keyed.value, keyed.credentials) == (Secret("AIza"), None)


BAD_FILE = {**SERVICE_ACCOUNT, "private_key": ""}


@pytest.mark.parametrize(
    ("name", "key", "path", "message"),
    [
        (
            "bedrock",
            {},
            "bedrock_key_config",
            "there are no credentials: give `access_key` and `secret_key`, or set AWS_BEARER_TOKEN_BEDROCK "
            "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        (
            "bedrock",
            {"bedrock_key_config": {"access_key": "AKIA"}},
            "bedrock_key_config",
            "`access_key` and `secret_key` go together",
        ),
        (
            "bedrock_mantle",
            {"bedrock_mantle_key_config": {"secret_key": "s"}},
            "bedrock_mantle_key_config",
            "`access_key` and `secret_key` go together",
        ),
        (
            "bedrock",
            {
                "bedrock_key_config": {
                    "access_key": "a",
                    "secret_key": "s",
                    "role_arn": "arn:aws:iam::1:role/r",
                }
            },
            "bedrock_key_config.role_arn",
            "roles are not assumed here: give credentials that are the role's",
        ),
        (
            "bedrock",
            {"value": "v", "bedrock_key_config": {"region": "evil.example/"}},
            "bedrock_key_config.region",
            "this is not a region: expected lower-case letters, digits and hyphens",
        ),
        (
            "bedrock",
            {"value": "v", "vertex_key_config": {}},
            "vertex_key_config",
            "this is for keys of `vertex`, not of `bedrock`",
        ),
        (
            "vertex",
            {"value": "v", "vertex_key_config": {"project_id": "a/../b"}},
            "vertex_key_config.project_id",
            "this is not the id of a project",
        ),
        (
            "vertex",
            {"vertex_key_config": {"project_id": "p", "auth_credentials": "/key.json"}},
            "vertex_key_config.auth_credentials",
            "this is not the JSON of a key file",
        ),
        (
            "vertex",
            {"vertex_key_config": {"project_id": "p", "auth_credentials": '{"type": "external_account"}'}},
            "vertex_key_config.auth_credentials",
            "expected a key file whose `type` is one of `service_account`, `authorized_user`",
        ),
        (
            "vertex",
            {"vertex_key_config": {"auth_credentials": json.dumps(BAD_FILE)}},
            "vertex_key_config.auth_credentials",
            "the key file has no `private_key`",
        ),
    ],
)
def test_each_mistake_is_named(name: str, key: dict[str, Any], path: str, message: str) -> None:
    data = {"providers": {name: {"keys": [{"name": "k", "models": ["*"], **key}]}}}
    problems = resolve_providers(config_of(data), {}, CATALOG).problems
    assert [(one.path, one.message) for one in problems] == [(f"providers.{name}.keys[0].{path}", message)]


def test_a_project_that_is_missing_is_named() -> None:
    data = {"providers": {"vertex": {"api_key": "AIza"}}}
    problems = resolve_providers(config_of(data), {}, CATALOG).problems
    assert [str(problem) for problem in problems] == [
        "providers.vertex: there is no project: set a key's `project_id` or the variable GOOGLE_CLOUD_PROJECT"
    ]


def test_mistakes_in_a_place_of_the_environment_name_the_variable() -> None:
    environment = {**AWS_ENVIRONMENT, "AWS_REGION": "EU West"}
    problems = resolve_providers(config_of({}), environment, CATALOG).problems
    assert {problem.path for problem in problems} == {"AWS_REGION"}


def test_what_is_printed_of_such_keys_holds_no_secret() -> None:
    data = {
        "providers": {
            "bedrock": {},
            "vertex": {"keys": [{"models": ["*"], "vertex_key_config": {"auth_credentials": KEY_FILE}}]},
        }
    }
    config = config_of(data)
    resolution = resolve_providers(config, AWS_ENVIRONMENT, CATALOG)
    lines = summary_lines(resolution.providers)
    assert "AWS AKIA...5678" in lines[1]
    assert "robot@project.iam.gserviceaccount.com" in lines[0]
    shown = "\n".join([*lines, repr(config), repr(resolution), *map(str, resolution.providers[0].keys)])
    for secret in ("of-the-environment", "the-private-key"):
        assert secret not in shown
    told = review(config, resolution, is_readable_by_others=True)
    assert [remark.path for remark in told] == ["providers.vertex.keys[0].vertex_key_config.auth_credentials"]


def test_a_secret_of_such_a_key_that_others_can_read_is_a_warning() -> None:
    block = {"access_key": "AKIA", "secret_key": "s", "session_token": "t"}
    config = config_of({"providers": {"bedrock": {"keys": [{"models": ["*"], "bedrock_key_config": block}]}}})
    told = review(config, resolve_providers(config, {}, CATALOG), is_readable_by_others=True)
    start = "providers.bedrock.keys[0].bedrock_key_config"
    assert [remark.path for remark in told] == [f"{start}.secret_key", f"{start}.session_token"]
