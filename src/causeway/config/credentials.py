"""What a key has beside a value or instead of one: credentials of AWS and Google, a region, a project.

They come from the key's own block, then from the environment; a region, at last, from the row.
"""

import json
import re
from typing import Any

from msgspec.structs import replace

from causeway.config.provider_settings import AzureKeyConfig, KeyConfig, MantleKeyConfig, VertexKeyConfig
from causeway.config.reading import Reader
from causeway.model.secret import Secret
from causeway.providers.spec import ProviderSpec
from causeway.rules.provider_keys import AwsCredentials, EntraCredentials, GoogleCredentials, ProviderKey

_AWS_BEARER = "AWS_BEARER_TOKEN_BEDROCK"
_AWS_ID, _AWS_SECRET, _AWS_TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
# Both become part of an address, a region of its host.
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_PROJECT = re.compile(r"[a-z0-9:.-]{1,100}")
# What Google's key files must have for a token to be asked for, by their type.
_KEY_FILES = {
    "service_account": ("client_email", "private_key", "token_uri"),
    "authorized_user": ("client_id", "client_secret", "refresh_token"),
}


def found_value(spec: ProviderSpec, reader: Reader) -> tuple[str, Secret] | None:
    """Return the variable of the environment that holds a provider's key, and what of it is sent."""
    if spec.auth == "google":  # the path of a file, which only google-auth reads
        found = reader.found_text(spec.environment)
        return None if found is None else (found[0], Secret(""))
    return reader.found_secret(spec.environment)


def found_credentials(key: ProviderKey, spec: ProviderSpec, reader: Reader) -> ProviderKey | None:
    """Return a key of the environment as its variable means it; none where a part of it is missing."""
    if spec.auth == "google":
        return replace(key, credentials=GoogleCredentials())
    if spec.auth == "aws" and key.source == _AWS_ID:
        credentials = _aws_of_environment(reader)
        return None if credentials is None else replace(key, value=Secret(""), credentials=credentials)
    return key


def with_credentials(
    listed: ProviderKey, key: KeyConfig, spec: ProviderSpec, path: str, reader: Reader
) -> ProviderKey:
    """Return a key of a file with its credentials, its region and its project, where the row wants them."""
    if key.azure_key_config is not None and not listed.value:
        return _with_entra(listed, key.azure_key_config, f"{path}.azure_key_config", reader)
    if spec.auth == "aws":
        return _with_aws(listed, key, spec, path, reader)
    if spec.auth == "google":
        return _with_google(listed, key, spec, path, reader)
    return listed


def placed(
    key: ProviderKey, spec: ProviderSpec, path: str, reader: Reader, *, region: str = "", project: str = ""
) -> ProviderKey:
    """Return the key with its region and project, where the row has a use for them.

    Those that are given were read below `path`. A project may be missing; that is for the caller to tell.
    """
    if spec.needs("region"):
        where = f"{path}.region"
        if not region:
            where, region = reader.found_text(spec.region_environment) or (where, spec.region)
        if not _REGION.fullmatch(region):
            reader.fail(where, "this is not a region: expected lower-case letters, digits and hyphens")
        key = replace(key, region=region)
    if spec.needs("project"):
        where = f"{path}.project_id"
        if not project:
            where, project = reader.found_text(spec.project_environment) or (where, "")
        if project and not _PROJECT.fullmatch(project):
            reader.fail(where, "this is not the id of a project")
        key = replace(key, project=project)
    return key


def _with_entra(listed: ProviderKey, block: AzureKeyConfig, path: str, reader: Reader) -> ProviderKey:
    named = {"client_id": block.client_id, "client_secret": block.client_secret, "tenant_id": block.tenant_id}
    read = {name: reader.text(value, f"{path}.{name}") for name, value in named.items()}
    missing = [f"`{name}`" for name, text in read.items() if not text]
    if missing:
        reader.fail(path, f"without a `value` the key needs {', '.join(missing)}")
        return listed
    credentials = EntraCredentials(
        tenant_id=read["tenant_id"],
        client_id=read["client_id"],
        client_secret=Secret(read["client_secret"]),
        scopes=block.scopes,
    )
    return replace(listed, credentials=credentials)


def _with_aws(
    listed: ProviderKey, key: KeyConfig, spec: ProviderSpec, path: str, reader: Reader
) -> ProviderKey:
    bedrock = key.bedrock_key_config
    block: MantleKeyConfig = bedrock or key.bedrock_mantle_key_config or MantleKeyConfig()
    path = f"{path}.{'bedrock_mantle' if key.bedrock_mantle_key_config else 'bedrock'}_key_config"
    if block.role_arn is not None:
        reader.fail(f"{path}.role_arn", "roles are not assumed here: give credentials that are the role's")
    if not listed.value:
        listed = _with_aws_credentials(listed, block, path, reader)
    if bedrock is not None:
        listed = replace(listed, model_prefix=reader.text(bedrock.arn, f"{path}.arn").rstrip("/"))
    return placed(listed, spec, path, reader, region=reader.text(block.region, f"{path}.region"))


def _with_aws_credentials(
    listed: ProviderKey, block: MantleKeyConfig, path: str, reader: Reader
) -> ProviderKey:
    access_key = reader.secret(block.access_key, f"{path}.access_key", is_needed=False)
    secret_key = reader.secret(block.secret_key, f"{path}.secret_key", is_needed=False)
    if bool(access_key) != bool(secret_key):
        reader.fail(path, "`access_key` and `secret_key` go together")
        return listed
    if access_key:
        session_token = reader.secret(block.session_token, f"{path}.session_token", is_needed=False)
        credentials = AwsCredentials(
            access_key_id=access_key.reveal(), secret_access_key=secret_key, session_token=session_token
        )
        return replace(listed, credentials=credentials)
    if (bearer := reader.found_secret([_AWS_BEARER])) is not None:
        return replace(listed, value=bearer[1])
    found = _aws_of_environment(reader)
    if found is None:
        wanted = f"`access_key` and `secret_key`, or set {_AWS_BEARER} or {_AWS_ID} and {_AWS_SECRET}"
        reader.fail(path, f"there are no credentials: give {wanted}")
    return replace(listed, credentials=found)


def _aws_of_environment(reader: Reader) -> AwsCredentials | None:
    access_key, secret_key = reader.found_secret([_AWS_ID]), reader.found_secret([_AWS_SECRET])
    if access_key is None or secret_key is None:
        return None
    token = reader.found_secret([_AWS_TOKEN])
    return AwsCredentials(
        access_key_id=access_key[1].reveal(),
        secret_access_key=secret_key[1],
        session_token=Secret("") if token is None else token[1],
    )


def _with_google(
    listed: ProviderKey, key: KeyConfig, spec: ProviderSpec, path: str, reader: Reader
) -> ProviderKey:
    block, path = key.vertex_key_config or VertexKeyConfig(), f"{path}.vertex_key_config"
    project = reader.text(block.project_id, f"{path}.project_id")
    if not listed.value:
        text = reader.text(block.auth_credentials, f"{path}.auth_credentials")
        file = _google_key_file(text, f"{path}.auth_credentials", reader) if text else {}
        account = str(file.get("client_email") or file.get("type") or "")
        listed = replace(listed, credentials=GoogleCredentials(key_file=Secret(text), account=account))
        project = project or str(file.get("project_id") or "")
    return placed(
        listed, spec, path, reader, region=reader.text(block.region, f"{path}.region"), project=project
    )


def _google_key_file(text: str, path: str, reader: Reader) -> dict[str, Any]:
    """Return what a key file says; what is wrong with it is noted, and nothing of it repeated."""
    try:
        file = json.loads(text)
    except (ValueError, RecursionError):
        file = None
    if not isinstance(file, dict):
        reader.fail(path, "this is not the JSON of a key file")
        return {}
    wanted = _KEY_FILES.get(str(file.get("type")))
    if wanted is None:
        reader.fail(
            path, f"expected a key file whose `type` is one of {', '.join(f'`{t}`' for t in _KEY_FILES)}"
        )
        return {}
    for name in wanted:
        if not isinstance(file.get(name), str) or not file[name]:
            reader.fail(path, f"the key file has no `{name}`")
    return file
