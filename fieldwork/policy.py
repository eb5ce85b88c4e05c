"""The policy table: which role may do what inside its area. Data, reviewed by people.

A permission that no role holds does not exist; a superuser holds none by that title.
"""

from __future__ import annotations

ALLOWS: dict[str, frozenset[str]] = {
    "interviewer": frozenset({"fieldwork.interview"}),
    "supervisor": frozenset({"fieldwork.view_campaign", "fieldwork.review", "fieldwork.assign"}),
    "designer": frozenset({"surveys.add_version", "surveys.view_version"}),
    "analyst": frozenset(
        {
            "surveys.view_version",
            "surveys.add_version",
            "fieldwork.view_campaign",
            "fieldwork.draw",
            "analysis.view_figures",
            "analysis.freeze",
        }
    ),
    # decide: the three questions; supervise: open, extend, send back, close actions;
    # act: sign for and report on those of one's own unit
    "leader": frozenset(
        {
            "fieldwork.view_campaign",
            "analysis.view_figures",
            "analysis.decide",
            "analysis.supervise",
            "analysis.act",
        }
    ),
    "responsible": frozenset({"analysis.act"}),
    "unit_admin": frozenset({"fieldwork.manage_members", "fieldwork.view_campaign"}),
    "rights": frozenset(),
    "custodian": frozenset(),
    "security": frozenset(),
    "auditor": frozenset({"surveys.view_audit"}),
}
