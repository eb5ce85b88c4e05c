"""The policy table: which role may do what inside its area. Data, reviewed by people.

A permission that no role holds does not exist; a superuser holds none by that title.
"""

from __future__ import annotations

ALLOWS: dict[str, frozenset[str]] = {
    "interviewer": frozenset({"fieldwork.interview"}),
    # prepare: create a campaign, import its frame, bind questionnaires to sources
    "supervisor": frozenset(
        {
            "surveys.view_version",
            "fieldwork.view_campaign",
            "fieldwork.prepare",
            "fieldwork.draw",
            "fieldwork.assign",
            "fieldwork.review",
        }
    ),
    # review a version (never one's own), publish and close what was reviewed
    "designer": frozenset(
        {
            "surveys.add_version",
            "surveys.view_version",
            "surveys.review_version",
            "surveys.publish_version",
            "fieldwork.view_campaign",
            "fieldwork.prepare",
        }
    ),
    # export: de-identified records of approved responses; tabulate: tables of one's own; code: read
    # masked open answers, decide on codes, propose quotes and approve those of others
    "analyst": frozenset(
        {
            "surveys.view_version",
            "surveys.add_version",
            "surveys.review_version",
            "surveys.publish_version",
            "fieldwork.view_campaign",
            "fieldwork.prepare",
            "fieldwork.draw",
            "analysis.view_figures",
            "analysis.freeze",
            "analysis.export",
            "analysis.code",
            "analysis.tabulate",
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
    # whoever makes the sealing key holds it: nobody who works with the answers
    "custodian": frozenset({"fieldwork.view_campaign", "fieldwork.give_key"}),
    "security": frozenset(),
    "auditor": frozenset({"surveys.view_audit"}),
}
