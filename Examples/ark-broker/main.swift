print("ark-broker")
