"""总览: after login, what this person needs first."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analysis import access
from analysis.core import digest
from analysis.models import Action
from analysis.services import board


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    user, today = request.user, timezone.localdate()
    found = board.cards(access.board_for(user), today)
    own = set(access.actions_for(user, access.ACT).values_list("pk", flat=True))
    version = access.versions_for(user).first()
    figures = version.figures if version else None
    late = [c for c in found if c.overdue]
    above = late if user.has_perm("analysis.view_figures") else []  # each stands on the page once
    mine = [c for c in found if c.action.pk in own and c.action.state != "closed"]
    context = {
        "version": version,
        "drawn": digest.drawn(figures) if figures else "",
        "changed": digest.changed(figures) if figures else "",
        "standing": digest.standing(figures) if figures else "",
        **(digest.leaders(figures) if figures else {}),
        "picture": digest.picture(figures, limit=5) if figures else "",
        "overdue": late,
        "checking": [c for c in found if c.action.state == Action.State.CHECKING],
        "counts": board.counts(found),
        "mine": [c for c in mine if c not in above],
        "documents": access.documents_for(user)[:6],
    }
    return render(request, "analysis/overview.html", context)
