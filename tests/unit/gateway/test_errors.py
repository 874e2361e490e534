"""Which status and code an error has; those that no retry can mend are none that clients retry."""

import pytest

from moa_lsp.errors import BudgetExceeded, ConfigError, NoProposal, RateLimited, UsageError
from moa_lsp.gateway.errors import RequestRefused, queue_full, response_of


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (UsageError("wrong"), 400, "invalid_request_error"),
        (BudgetExceeded("dear"), 402, "insufficient_quota"),
        (RequestRefused(401, "invalid_api_key", "who?"), 401, "authentication_error"),
        (RequestRefused(403, "foreign_host", "no"), 403, "permission_error"),
        (RequestRefused(413, "body_too_large", "no"), 413, "invalid_request_error"),
        (queue_full(), 429, "rate_limit_error"),
        (NoProposal("none"), 502, "server_error"),
        (RateLimited("slowly"), 502, "server_error"),
        (ConfigError(()), 500, "server_error"),
    ],
)
def test_an_error_becomes_a_status_and_a_kind(error, status, kind):
    response = response_of(error)
    assert (response.status, response.kind) == (status, kind)
    assert response.as_json()["error"]["message"] == str(error)
