"""Plain-Python core of `surveys`: questionnaires, form logic, disclosure. Knows no Django."""
