from equilibrium import reparameterised, measure

if __name__ == "__main__":
    measure(reparameterised)
