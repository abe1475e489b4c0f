"""What the findings come to: their order, the line of a normal report, recommendations, a summary.

``ordering`` ranks findings and sets the incidental apart, ``normal`` has the one line,
``lesions`` gathers what a guideline needs, ``recommending`` looks it up, ``referrer`` sums up for
the referring doctor.  ``radassist.workflow.impression`` puts the Impression together from them.
"""
