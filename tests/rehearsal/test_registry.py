from __future__ import annotations

import json

import pytest

from conductor.domain.digest import digest_of
from conductor.rehearsal.registry import DOCKER_MANIFEST, MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST, Registry
from conductor.rehearsal.registry_client import RegistryClient, RegistryRefused, manifest_of
from tests.rehearsal.conftest import call, call_json

ALL = {"Accept": ", ".join(MANIFEST_TYPES)}


@pytest.fixture
def registry(recorder):
    opened = Registry(recorder, "builder", "password").start()
    yield opened
    opened.close()


@pytest.fixture
def client(registry):
    return RegistryClient(registry.base_url, "owner/worker", "builder:password")


@pytest.fixture
def token(registry):
    return call_json("GET", f"{registry.base_url}/token?scope=repository:owner/worker:pull")[1]["token"]


def push_image(client, tag=""):
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **client.push_blob(b"layer")}
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", **client.push_blob(b'{"os":"linux"}')}
    return client.push_manifest(manifest_of(config, [layer]), tag)


def test_without_a_token_the_answer_says_where_to_get_one(registry):
    status, headers, _ = call("GET", f"{registry.base_url}/v2/owner/worker/manifests/latest", headers=ALL)
    assert status == 401
    assert headers["www-authenticate"] == (
        f'Bearer realm="{registry.base_url}/token",service="{registry.host}",scope="repository:owner/worker:pull"'
    )


def test_a_pull_token_does_not_push(registry, token):
    assert call("POST", f"{registry.base_url}/v2/owner/worker/blobs/uploads/", b"", token)[0] == 401


def test_a_wrong_password_gets_no_token(registry):
    with pytest.raises(RegistryRefused, match="401"):
        RegistryClient(registry.base_url, "owner/worker", "builder:wrong").push_blob(b"x")


def test_what_was_pushed_is_pulled_by_digest(client, registry):
    pushed = push_image(client, "main")
    pulled = RegistryClient(registry.base_url, "owner/worker").pull(pushed["digest"])
    assert (pulled.config, pulled.layers) == ({"os": "linux"}, (b"layer",))


def test_a_tag_names_the_digest_of_the_bytes_that_were_pushed(client, registry, token):
    pushed = push_image(client, "main")
    status, headers, body = call("GET", f"{registry.base_url}/v2/owner/worker/manifests/main", token=token, headers=ALL)
    assert status == 200
    assert headers["docker-content-digest"] == pushed["digest"] == digest_of(body)
    assert headers["content-type"] == OCI_MANIFEST


def test_head_has_the_headers_and_no_body(client, registry, token):
    pushed = push_image(client, "main")
    status, headers, body = call(
        "HEAD", f"{registry.base_url}/v2/owner/worker/manifests/main", token=token, headers=ALL
    )
    assert (status, headers["docker-content-digest"], body) == (200, pushed["digest"], b"")
    assert int(headers["content-length"]) == pushed["size"]


@pytest.mark.parametrize("accept", ["", "*/*", DOCKER_MANIFEST])
def test_an_index_is_not_found_by_a_client_that_does_not_say_it_reads_indexes(client, registry, token, accept):
    child = push_image(client)
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child]}
    client.push_manifest(index, "main")
    url = f"{registry.base_url}/v2/owner/worker/manifests/main"
    status, _, body = call("GET", url, token=token, headers={"Accept": accept})
    assert status == 404
    assert "OCI index found, but accept header does not support OCI indexes" in body.decode()
    assert call("GET", url, token=token, headers=ALL)[0] == 200


def test_an_index_is_pulled_as_its_amd64_image(client, registry):
    child = {**push_image(client), "platform": {"os": "linux", "architecture": "amd64"}}
    index = client.push_manifest({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child]})
    assert RegistryClient(registry.base_url, "owner/worker").pull(index["digest"]).layers == (b"layer",)


def test_content_that_is_not_its_digest_is_refused(registry, client):
    client.push_blob(b"x")
    upload = call("POST", f"{registry.base_url}/v2/owner/worker/blobs/uploads/", b"", client._token)[1]["location"]
    status, _, body = call("PUT", f"{registry.base_url}{upload}?digest={digest_of(b'a')}", b"b", client._token)
    assert status == 400
    assert json.loads(body)["errors"][0]["code"] == "DIGEST_INVALID"


def test_a_manifest_over_missing_blobs_is_refused(client):
    manifest = manifest_of({"mediaType": "x", "digest": digest_of(b"nothing"), "size": 7}, [])
    with pytest.raises(RegistryRefused, match="MANIFEST_BLOB_UNKNOWN"):
        client.push_manifest(manifest)


def test_an_unknown_reference_is_manifest_unknown(registry, token):
    url = f"{registry.base_url}/v2/owner/worker/manifests/absent"
    status, body = call_json("GET", url, token=token, headers=ALL)
    assert (status, body["errors"][0]["code"]) == (404, "MANIFEST_UNKNOWN")


def test_no_credential_is_recorded(client, recorder):
    push_image(client)
    text = (recorder.folder / "exchanges.jsonl").read_text()
    assert client._token
    assert client._token not in text
    assert "Basic" not in text
