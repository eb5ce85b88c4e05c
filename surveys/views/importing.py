"""The import page: files in, a draft or the places to mend out; and the template to start from."""

from __future__ import annotations

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from surveys import messages, services
from surveys.core.lint import minutes
from surveys.core.problems import Problem
from surveys.core.xlsform.template import template as template_workbook
from surveys.models import Version

_ADVICE = "import_advice"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


Line = tuple[str, str]  # where, and what to do there


@login_required
@require_http_methods(["GET", "POST"])
def importing(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("surveys.add_version"):
        raise Http404
    uploads = request.FILES.getlist("workbook")
    if request.method != "POST" or not uploads:
        return render(request, "staff/import.html", {"kept": request.session.pop(_ADVICE, None)})
    by, now = request.user.get_username(), timezone.now()
    done = services.import_files({str(f.name): f.read() for f in uploads}, by=by, now=now)
    advice = [_line(p) for p in done.problems if p.level == "warning"]
    if done.version:
        return _stored(request, done.version, advice)
    errors = [_line(p) for p in done.problems if p.level == "error"]
    context = {"filename": _names(uploads), "errors": errors, "advice": advice}
    return render(request, "staff/import.html", context, status=422)


def _stored(request: HttpRequest, version: Version, advice: list[Line]) -> HttpResponse:
    """On to the list; where there is advice, back to this page, which shows it once."""
    notices.success(request, f"已导入 {version}，请由另一位同事审核后发布。")
    if not advice:
        return redirect("questionnaires")
    spent = round(minutes(version.definition))
    request.session[_ADVICE] = {"title": str(version), "minutes": spent, "advice": advice}
    return redirect("questionnaire-import")


def _names(uploads: list[UploadedFile]) -> str:
    return str(uploads[0].name) + (f" 等 {len(uploads)} 个文件" if len(uploads) > 1 else "")


def _line(problem: Problem) -> Line:
    place = str(problem.where)
    return "整份问卷" if place == "-" else place, messages.sentence(problem)


@login_required
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(template_workbook(), content_type=_XLSX)
    answer["Content-Disposition"] = 'attachment; filename="questionnaire-template.xlsx"'
    return answer
