"""What the study runs: the names of sets, models, methods and sizes, fixed before any result.

Development sets are for tuning defaults and never enter a reported table unless asked for by
name; the lists are disjoint.
"""

DEVELOPMENT = {
    "classification": [
        *["credit_approval", "electricity", "hepatitis", "horse_colic", "mammographic"],
        *["optdigits", "pendigits", "segment", "seismic_bumps", "telco_churn", "thyroid_sick"],
        "waveform",
    ],
    "regression": [
        *["boston_housing", "forest_fires", "naval", "parkinsons_telemonitoring", "protein"],
        *["servo", "student_por", "wine_quality_white"],
    ],
}

# "australian" is not here: it is credit_approval, a set for development, in other codes
CLASSIFICATION = [
    *["abalone_3class", "adult", "balance_scale", "bank_marketing", "banknote"],
    *["blood_transfusion", "car", "cmc", "compas", "credit_g", "dermatology", "diabetes_pima"],
    *["dry_bean", "haberman", "heart_statlog", "ilpd", "ionosphere", "kr_vs_kp", "magic04"],
    *["page_blocks", "phoneme", "satimage", "sonar", "spambase", "steel_plates_fault"],
    *["tic_tac_toe", "vehicle", "wdbc", "wilt"],
]

REGRESSION = [
    *["abalone_rings", "airfoil", "auto_mpg", "bike_sharing_hour", "california_housing"],
    *["concrete", "energy_heating", "kin8nm", "machine_cpu", "power_plant"],
    *["qsar_fish_toxicity", "real_estate", "wine_quality_red", "yacht"],
]

# Id and name on OpenML; the name is checked after download. Used without a folder of tables.
OPENML = {
    "classification": {
        "balance_scale": (11, "balance-scale"),
        "banknote": (1462, "banknote-authentication"),
        "blood_transfusion": (1464, "blood-transfusion-service-center"),
        "credit_g": (31, "credit-g"),
        "diabetes_pima": (37, "diabetes"),
        "heart_statlog": (53, "heart-statlog"),
        "ilpd": (1480, "ilpd"),
        "ionosphere": (59, "ionosphere"),
        "kr_vs_kp": (3, "kr-vs-kp"),
        "phoneme": (1489, "phoneme"),
        "spambase": (44, "spambase"),
        "tic_tac_toe": (50, "tic-tac-toe"),
        "vehicle": (54, "vehicle"),
        "wdbc": (1510, "wdbc"),
    },
    "regression": {"auto_mpg": (196, "autoMpg"), "kin8nm": (189, "kin8nm")},
}

MODELS = ["lightgbm_safe", "lightgbm", "forest", "logistic", "ridge", "mlp", "tree"]
METHODS = ["alone", "active_synthesis", "active_synthesis_light", "active_synthesis_pool",
           "duplicates", "oversampling", "smote", "committee", "full"]  # fmt: skip
SIZES = ["30", "100", "0.1", "0.3"]
SEEDS = 10

QUICK_SETS = {
    "classification": ["diabetes_pima", "heart_statlog", "vehicle", "credit_g", "ionosphere"],
    "regression": ["concrete", "auto_mpg"],
}
QUICK_MODELS = ["lightgbm_safe", "forest", "logistic", "ridge", "net"]
QUICK_METHODS = ["alone", "active_synthesis", "full"]
QUICK_SIZES = ["30", "100"]
QUICK_SEEDS = 3
QUICK_SECONDS = 225  # no cell starts later; the rest of five minutes is for tables and pictures
