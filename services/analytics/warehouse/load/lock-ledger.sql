lock table load_ledger;
