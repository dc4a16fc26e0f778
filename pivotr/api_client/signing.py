"""What proves who calls: a bearer token, or a signature with AWS credentials (SigV4)."""

from __future__ import annotations

from pivotr.errors import Misconfigured


class Bearer:
    """A token of an issuer that the API trusts (`api_auth = jwt`)."""

    def __init__(self, token: str) -> None:
        self._token = token

    def sign(self, method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:  # noqa: ARG002
        """The headers with the token."""
        return {**headers, "authorization": f"Bearer {self._token}"}


class AwsSignature:
    """Signs with the credentials that AWS tools use on this machine (`api_auth = iam`).

    `region` is that of the API; a custom domain does not tell it.
    """

    def __init__(self, region: str) -> None:
        self._region = region

    def sign(self, method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
        """The headers with date, signature and session token. Raises Misconfigured without credentials."""
        from botocore.auth import SigV4Auth  # noqa: PLC0415 - a third of a second that a token does not need
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415
        from botocore.session import Session  # noqa: PLC0415

        credentials = Session().get_credentials()
        if credentials is None:
            raise Misconfigured(
                "There are no AWS credentials to sign with.", hint="Run `aws configure`, or set AWS_PROFILE."
            )
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
        SigV4Auth(credentials.get_frozen_credentials(), "execute-api", self._region).add_auth(request)
        return dict(request.headers.items())
