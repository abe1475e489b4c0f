"""The report in easy language for the patient: glossary words, fixed sentences, no model.

``describing`` gathers what goes with a finding, ``phrases`` puts it in plain words, ``covering``
finds what of a sentence that leaves out,
``gate`` reads the plain sentence back and holds it against its source, ``writing`` goes through the
report.  What cannot be said in plain words is quoted as it stands.
"""

from radassist.workflow.patient.writing import PatientText, PlainSentence, explain_report

__all__ = ["PatientText", "PlainSentence", "explain_report"]
