"""Manifests as registries really serve them: indexes, attestations, logins, and bytes that are not what they claim."""

from __future__ import annotations

import base64
import json

import pytest

from conductor.domain.digest import digest_of
from conductor.domain.secret import Secret
from conductor.errors import OutsideRefused
from conductor.providers.registry import (
    Credential,
    OciRegistry,
    default_address,
    parse_docker_login,
    split_image,
)

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
NAME = "docker.io/owner/worker"
TAG = "4f2a91c0" * 5


def packed(value):
    return json.dumps(value).encode()


class Image:
    """An image of one platform behind an index with an attestation, as buildx pushes it."""

    def __init__(self, *, architecture="amd64", labels=None, attested=True):
        self.config = packed({"os": "linux", "architecture": architecture, "config": {"Labels": labels or {"a": "b"}}})
        self.manifest = packed(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"digest": digest_of(self.config), "size": len(self.config)},
                "layers": [{"digest": "sha256:" + "1" * 64, "size": 70}, {"digest": "sha256:" + "2" * 64, "size": 30}],
            }
        )
        children = [{"digest": digest_of(self.manifest), "platform": {"os": "linux", "architecture": architecture}}]
        if attested:
            children.insert(
                0, {"digest": "sha256:" + "3" * 64, "platform": {"os": "unknown", "architecture": "unknown"}}
            )
        self.index = packed({"schemaVersion": 2, "mediaType": INDEX, "manifests": children})

    def serve(self, server, *, top=None, path="owner/worker"):
        top = self.index if top is None else top

        def tagged(asked):
            if top is self.index and INDEX not in asked.headers.get("accept", ""):
                return (
                    404,
                    {},
                    {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "OCI index found, but accept header"}]},
                )
            return 200, {"Docker-Content-Digest": digest_of(top)}, top

        server.routes[f"/v2/{path}/manifests/{TAG}"] = tagged
        server.routes[f"/v2/{path}/manifests/{digest_of(self.manifest)}"] = (
            200,
            {"Docker-Content-Digest": digest_of(self.manifest)},
            self.manifest,
        )
        server.routes[f"/v2/{path}/blobs/{digest_of(self.config)}"] = (200, {}, self.config)


@pytest.fixture
def registry(server, clock):
    return OciRegistry("docker.io", clock, address=server.url)


def test_the_digest_is_the_child_s_for_the_platform_and_the_labels_are_its_config_s(registry, server):
    image = Image(labels={"org.opencontainers.image.revision": TAG})
    image.serve(server)
    found = registry.fetch_image(NAME, TAG, "linux/amd64")
    assert found.digest == digest_of(image.manifest)
    assert found.index_digest == digest_of(image.index)
    assert found.labels == {"org.opencontainers.image.revision": TAG}
    assert (found.platform, found.size_bytes) == ("linux/amd64", 100)
    assert found.reference == f"{NAME}@{digest_of(image.manifest)}"


def test_all_four_types_are_accepted(registry, server):
    Image().serve(server)
    registry.fetch_image(NAME, TAG, "linux/amd64")
    accept = server.asked[0].headers["accept"]
    assert accept.count("application/vnd.") == 4
    assert "manifest.list.v2+json" in accept


def test_an_image_without_an_index_is_found_as_well(registry, server):
    image = Image()
    image.serve(server, top=image.manifest)
    found = registry.fetch_image(NAME, TAG, "linux/amd64")
    assert (found.digest, found.index_digest) == (digest_of(image.manifest), None)


def test_a_tag_that_is_not_there_is_none(registry):
    assert registry.fetch_image(NAME, TAG, "linux/amd64") is None


def test_an_index_without_the_platform_tells_what_it_has(registry, server):
    Image(architecture="arm64").serve(server)
    with pytest.raises(OutsideRefused, match=r"no linux/amd64: it has unknown/unknown, linux/arm64") as refused:
        registry.fetch_image(NAME, TAG, "linux/amd64")
    assert "--platform linux/amd64" in refused.value.hint


def test_bytes_that_are_not_what_the_header_claims_are_refused(registry, server):
    image = Image()
    image.serve(server)
    server.routes[f"/v2/owner/worker/manifests/{TAG}"] = (
        200,
        {"Docker-Content-Digest": "sha256:" + "0" * 64},
        image.index,
    )
    with pytest.raises(OutsideRefused, match="other bytes"):
        registry.fetch_image(NAME, TAG, "linux/amd64")


def test_a_child_whose_bytes_are_not_its_digest_is_refused(registry, server):
    image = Image()
    image.serve(server)
    server.routes[f"/v2/owner/worker/manifests/{digest_of(image.manifest)}"] = (200, {}, image.manifest + b" ")
    with pytest.raises(OutsideRefused, match="other bytes"):
        registry.fetch_image(NAME, TAG, "linux/amd64")


def test_a_config_whose_bytes_are_not_its_digest_is_refused(registry, server):
    image = Image()
    image.serve(server)
    server.routes[f"/v2/owner/worker/blobs/{digest_of(image.config)}"] = (
        200,
        {},
        image.config.replace(b"linux", b"linuy"),
    )
    with pytest.raises(OutsideRefused, match="other bytes"):
        registry.fetch_image(NAME, TAG, "linux/amd64")


def guard(server, image, token, realm):
    """Put a bearer login in front of the image."""
    image.serve(server)
    for path, reply in list(server.routes.items()):

        def answer(asked, reply=reply):
            if asked.headers.get("authorization") != f"Bearer {token}":
                challenge = f'Bearer realm="{realm}",service="registry.docker.io",scope="repository:owner/worker:pull"'
                return 401, {"WWW-Authenticate": challenge}, {"errors": [{"code": "UNAUTHORIZED"}]}
            return reply(asked) if callable(reply) else reply

        server.routes[path] = answer


def test_a_token_is_fetched_without_a_login_for_a_public_image(registry, server):
    guard(server, Image(), "anon", f"{server.url}/token")
    server.routes["/token"] = (200, {}, {"token": "anon"})
    assert registry.fetch_image(NAME, TAG, "linux/amd64") is not None
    asked = next(asked for asked in server.asked if asked.path.startswith("/token"))
    assert "scope=repository%3Aowner%2Fworker%3Apull" in asked.path
    assert "authorization" not in asked.headers


def test_the_login_goes_to_the_token_service_only(server, clock):
    registry = OciRegistry(
        "docker.io", clock, address=server.url, credential=Credential("owner", Secret("dckr_pat_geheimgeheimgeheim"))
    )
    guard(server, Image(), "mine", f"{server.url}/token")
    server.routes["/token"] = (200, {}, {"access_token": "mine"})
    assert registry.fetch_image(NAME, TAG, "linux/amd64") is not None
    basic = "Basic " + base64.b64encode(b"owner:dckr_pat_geheimgeheimgeheim").decode()
    told = {asked.path.partition("?")[0]: asked.headers.get("authorization") for asked in server.asked}
    assert told["/token"] == basic
    assert all(value != basic for path, value in told.items() if path != "/token")


def test_a_registry_can_t_send_the_login_elsewhere(server, clock):
    registry = OciRegistry("docker.io", clock, address=server.url, credential=Credential("owner", Secret("geheim")))
    guard(server, Image(), "mine", "https://thief.invalid/token")
    with pytest.raises(OutsideRefused, match="log in elsewhere"):
        registry.fetch_image(NAME, TAG, "linux/amd64")


def test_a_private_image_without_a_login_says_what_to_set(registry, server):
    guard(server, Image(), "never", f"{server.url}/token")
    server.routes["/token"] = (200, {}, {"token": "not it"})
    with pytest.raises(OutsideRefused, match="does not let us read owner/worker") as refused:
        registry.fetch_image(NAME, TAG, "linux/amd64")
    assert "CONDUCTOR_REGISTRY_USER" in refused.value.hint


def test_a_registry_that_answers_a_page_is_named(registry, server):
    server.routes[f"/v2/owner/worker/manifests/{TAG}"] = (200, {}, "<html><title>Welcome</title></html>")
    with pytest.raises(OutsideRefused, match="a page titled 'Welcome'"):
        registry.fetch_image(NAME, TAG, "linux/amd64")


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("docker.io/owner/name", ("docker.io", "owner/name")),
        ("owner/name", ("docker.io", "owner/name")),
        ("python", ("docker.io", "library/python")),
        ("ghcr.io/owner/name", ("ghcr.io", "owner/name")),
        ("localhost:5000/name", ("localhost:5000", "name")),
        ("registry.example/a/b/c", ("registry.example", "a/b/c")),
    ],
)
def test_an_image_s_name_is_split_as_docker_does(image, parts):
    assert split_image(image) == parts


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("docker.io", "https://registry-1.docker.io"),
        ("ghcr.io", "https://ghcr.io"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
    ],
)
def test_a_registry_s_address_follows_from_its_host(host, address):
    assert default_address(host) == address


def test_a_docker_login_is_read_for_its_host_only():
    pair = base64.b64encode(b"owner:geheim").decode()
    text = json.dumps({"auths": {"https://index.docker.io/v1/": {"auth": pair}}})
    assert parse_docker_login(text, "docker.io") == Credential("owner", Secret("geheim"))
    assert parse_docker_login(text, "ghcr.io") is None
    assert parse_docker_login('{"auths": {"ghcr.io": {}}, "credsStore": "desktop"}', "ghcr.io") is None
    assert parse_docker_login("not json", "ghcr.io") is None


def test_a_token_that_has_run_out_is_renewed(registry, server):
    image, valid = Image(), []
    image.serve(server)
    for path, reply in list(server.routes.items()):

        def answer(asked, reply=reply):
            if not valid or asked.headers.get("authorization") != f"Bearer {valid[-1]}":
                return 401, {"WWW-Authenticate": f'Bearer realm="{server.url}/token"'}, {}
            return reply(asked) if callable(reply) else reply

        server.routes[path] = answer

    def issue(_):
        valid.append(f"t{len(valid)}")
        return 200, {}, {"token": valid[-1]}

    server.routes["/token"] = issue
    assert registry.fetch_image(NAME, TAG, "linux/amd64") is not None
    valid.append("another")
    assert registry.fetch_image(NAME, TAG, "linux/amd64") is not None
    assert valid == ["t0", "another", "t2"]


def test_half_an_image_s_bytes_are_read_again(registry, server):
    image = Image()
    image.serve(server)
    path = f"/v2/owner/worker/blobs/{digest_of(image.config)}"
    server.routes[path] = [(200, {}, image.config[:40]), (200, {}, image.config)]
    assert registry.fetch_image(NAME, TAG, "linux/amd64").platform == "linux/amd64"
