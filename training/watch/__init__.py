"""What goes wrong while a policy learns from rewards: measured, plotted, and stopped where asked."""
