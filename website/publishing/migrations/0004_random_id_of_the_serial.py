import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("publishing", "0003_size_of_a_change")]

    operations = [
        migrations.AddField("serial", "random_id", models.UUIDField(default=uuid.uuid4)),
    ]
