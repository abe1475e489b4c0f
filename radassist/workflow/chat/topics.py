"""Regions that radiologists name, as stems of the words that belong to them.

The lexicon knows concepts; this table knows what a person means by "the bones sentence" when the
sentence says "No displaced rib fracture".  It is only asked when neither the words nor the
concepts of a phrase are found.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

from radassist.workflow.chat.wording import stem

_TABLE: dict[str, str] = {
    "heart cardiac": """heart cardiomegaly cardiomediastinal pericardial cardiothoracic cardiac
        enlarged-heart atrium atrial cardiovascular""",
    "lung lungs pulmonary parenchyma airspace airspaces": """lung pulmonary airspace consolidation opacity
        infiltrate atelectasis pneumonia nodule emphysema interstitial bronchial bronchiectasis
        hyperinflation hyperexpanded ground-glass aeration lingula granuloma edema""",
    "pleura pleural": "pleural effusion pneumothorax costophrenic",
    "mediastinum mediastinal": """mediastinum mediastinal cardiomediastinal hilar hilum aorta aortic
        trachea adenopathy lymphadenopathy""",
    "hila hilum hilar": "hilar hila perihilar",
    "bone bones bony osseous skeleton skeletal": """bone osseous skeletal rib fracture clavicle spine
        vertebral vertebra spondylosis degenerative scoliosis kyphosis shoulder humerus sternum lytic
        sclerotic osteophyte osteopenia arthritis arthropathy arthrosis calvarium skull endplate""",
    "spine spinal back vertebrae vertebral": """spine spinal vertebral vertebra disc spondylosis
        scoliosis kyphosis endplate lumbar spondylolisthesis dextroscoliosis levoscoliosis osteophyte
        degenerative listhesis""",
    "rib ribs": "rib costal",
    "device devices line lines tube tubes hardware support catheter": """catheter line tube picc port
        pacemaker lead sternotomy wire clip endotracheal nasogastric enteric drain stent prosthesis
        hardware device icd valve pacer""",
    "vessel vessels vasculature vascular": "vessel vascular vasculature aorta artery vein congestion edema",
    "abdomen belly bowel": "abdomen abdominal bowel subdiaphragmatic stomach colon pneumoperitoneum ileus",
    "liver": "liver hepatic steatosis hepatomegaly",
    "gallbladder biliary": """gallbladder gallstone cholelithiasis cholecystitis bile duct biliary
        cholecystectomy""",
    "kidney kidneys renal": "kidney renal hydronephrosis nephrolithiasis ureter calculus",
    "bladder": "bladder",
    "spleen": "spleen splenic splenomegaly",
    "pancreas": "pancreas pancreatic pancreatitis",
    "adrenal adrenals": "adrenal",
    "uterus ovary ovaries pelvis pelvic": "uterus uterine ovary ovarian adnexal prostate pelvis pelvic",
    "node nodes lymph": "lymph node nodal adenopathy lymphadenopathy",
    "ventricle ventricles ventricular": "ventricle ventricular hydrocephalus",
    "brain parenchyma": """brain cerebral infarct hemorrhage mass midline white grey gray cerebellum
        cerebellar intracranial parenchyma atrophy ischemic""",
    "sinus sinuses": "sinus sinuses mastoid paranasal",
    "skull calvarium": "skull calvarium calvarial",
    "diaphragm": "diaphragm hemidiaphragm subdiaphragmatic",
    "soft tissue": "soft subcutaneous",
    "airway trachea": "trachea airway bronchus carina",
}

_REGIONS: dict[str, frozenset[str]] = {}
for _names, _words in _TABLE.items():
    for _name in _names.split():
        key = stem(_name)
        more = frozenset(stem(part) for word in _words.split() for part in word.split("-"))
        _REGIONS[key] = _REGIONS.get(key, frozenset()) | more


def region(word_stem: str) -> frozenset[str]:
    """Stems of the words that belong to the region with this name; empty for any other word."""
    return _REGIONS.get(word_stem, frozenset())
